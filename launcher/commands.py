"""The shorter commands of the launcher; each returns an exit code."""

import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from launcher import children, environment, places
from launcher.trouble import Trouble

BIN = Path(sys.executable).parent
TEST_MINUTES = 14
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
NO_BROWSER = "No Chromium found: the browser tests cannot run. On Debian: apt-get install chromium-headless-shell"
MADE_BY_SET_UP = ("node_modules", "static/build", "staticfiles", ".venv")
CHECKS = (
    ("style", "ruff", "check", "."),
    ("format", "ruff", "format", "--check", "."),
    ("types", "mypy"),
    ("layers", "lint-imports"),
    ("templates", "djlint", "templates", "--lint", "--quiet"),
    ("migrations", "python", "manage.py", "makemigrations", "--check", "--dry-run"),
    ("translations", "python", "manage.py", "translations", "--check"),
)


def down() -> int:
    """Stops what runs in the background."""
    for name in ("main", "test"):
        environment.down(name)
    return 0


def status() -> int:
    """Says what runs, of the demo and of the tests."""
    for name in ("main", "test"):
        print(name + ":")
        for key, value in environment.status(name).items():
            print(f"  {key}: {value}")
    return 0


def run(words: Sequence[str], *, test: bool = False) -> int:
    """Any command, with the servers up and the variables that lead to them."""
    if not words:
        raise Trouble("Say what to run: python -m launcher run COMMAND …")
    variables = environment.ensure(words[0], test=test)
    return children.run(words, variables | _path(), own_group=False)


def test(*, long: bool) -> int:
    """The tests, two at a time, on servers of their own. `OMS_ONLY_LONG` leaves out those that `make test` runs."""
    _hint_browser()
    variables = environment.ensure("tests", test=True)
    started = time.monotonic()
    chosen = ["-m", "not long"] if not long else ["-m", "long"] if os.environ.get("OMS_ONLY_LONG") else []
    code = children.run(
        [str(BIN / "python"), "-m", "pytest", "-n", "2", "--dist", "loadgroup", "--durations=10", *chosen], variables
    )
    minutes = (time.monotonic() - started) / 60
    if minutes > TEST_MINUTES and not long:
        print(f"The tests took {minutes:.0f} minutes; {TEST_MINUTES} is the aim.", flush=True)
    return code


def bench() -> int:
    """Every benchmark: a table on the screen, JSON in benchmarks/results/."""
    return children.run([str(BIN / "python"), "-m", "benchmarks.run"], environment.ensure("benchmarks"))


def check() -> int:
    """All checks, also after one failed; the exit code says whether all passed."""
    variables = environment.ensure("checks", test=True) | {"DJANGO_SETTINGS_MODULE": "oms.settings"}
    failed = []
    for name, program, *words in CHECKS:
        print(f"— {name}", flush=True)
        if children.run([str(BIN / program), *words], variables | _path()):
            failed.append(name)
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


def clean() -> int:
    """Removes what set-up made, data included."""
    down()
    shutil.rmtree(places.home(), ignore_errors=True)
    link = places.REPOSITORY / ".data"
    if link.is_symlink():
        link.unlink()
    for name in MADE_BY_SET_UP:
        shutil.rmtree(places.REPOSITORY / name, ignore_errors=True)
    return 0


def _path() -> dict[str, str]:
    return {"PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def _hint_browser() -> None:
    if not any(map(shutil.which, BROWSERS)):
        print(NO_BROWSER, flush=True)
