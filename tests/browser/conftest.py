"""A real browser before the real system. Without Chromium: a failure in CI, elsewhere a skip that says so."""

import os
import re
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from pytest_django.plugin import DjangoDbBlocker

from launcher.commands import BROWSERS, NO_BROWSER
from tests.browser import orders
from tests.browser.people import People
from tests.browser.running import System, whole_system

HERE = Path(__file__).parent
WENT_WELL = re.compile(
    r" (?:INFO|info) |^ready |superuser privileges|--uid option|User information|_warn_or_raise|recommended!"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder drive the browser, in one process: there they share one system and its company."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows the last words of every process of the system."""
    report = yield
    system = getattr(item, "funcargs", {}).get("system")
    if system and report.when == "call" and report.failed:
        told = {log.name: _last_words(log) for log in sorted(system.logs.glob("*.log"))}
        report.sections += [(name, words) for name, words in told.items() if words]
    return report


def _last_words(log: Path) -> str:
    """Few and short, none of what went well: they come after what went wrong, and must not push it out of sight."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if not WENT_WELL.search(line)]
    return "\n".join(line[:200] for line in lines[-10:] if line)


@pytest.fixture(scope="package")
def chromium() -> str:
    """The browser's program."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), "")
    if not found:
        if os.environ.get("CI") == "true":
            pytest.fail(NO_BROWSER)
        pytest.skip(NO_BROWSER)
    return found


@pytest.fixture(scope="package")
def system(
    chromium: str,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[System]:
    """The whole system with the demo company, one for all tests of the browser."""
    with whole_system(django_db_blocker, tmp_path_factory.mktemp("system")) as running:
        yield running


@pytest.fixture(scope="package")
def browser(chromium: str, system: System) -> Iterator[Browser]:
    """Started after the company is set up: while it runs, this process must leave Django's database alone."""
    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.getuid() == 0 else []
        running = playwright.chromium.launch(executable_path=chromium, args=options)
        yield running
        running.close()


@pytest.fixture(scope="package")
def people(browser: Browser, system: System) -> Iterator[People]:
    """Whoever opens pages: each role with a browser window of its own."""
    crowd = People(browser, system.url)
    yield crowd
    crowd.go_home()


@pytest.fixture
def number(people: People, system: System) -> str:
    """The number of an order of the test's own that waits to be picked."""
    number = orders.place(system)
    window = people.window("manager")
    orders.until_released(window.page, number)
    window.close()
    return number
