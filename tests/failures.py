"""Pytest plugin: a failure is told when it happens, so that a run that is ended half-way has told of what it saw."""

import pytest


class Teller:
    """Writes a line of each failure; the whole of it stands at the end, as always."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One failure, or one error in what a test needs."""
        reporter = self.config.pluginmanager.getplugin("terminalreporter")
        if report.failed and reporter:
            why = getattr(getattr(report.longrepr, "reprcrash", None), "message", None) or report.longreprtext
            reporter.ensure_newline()
            reporter.write_line(f"{report.when} of {report.nodeid}: {why[:2_000]}")


def pytest_configure(config: pytest.Config) -> None:
    """In the process that prints, not in those that run the tests for it."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Teller(config), "teller")
