"""Every benchmark: a table on the screen, JSON in benchmarks/results/. Each runs on a fresh database of its own.

`make bench`, or `.venv/bin/python -m launcher run -- .venv/bin/python -m benchmarks.run [--quick] NAME …` for some of
them. `--quick` shows in a few minutes that all of them run; its figures mean little.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from django.db import connections

from benchmarks.database import TEMPLATE, name_of, own_database

HERE = Path(__file__).resolve().parent
ALL = (
    "capture_statements",
    "capture_single",
    "capture_batch",
    "capture_oscar",
    "hot_sku",
    "feed",
    "pipeline",
    "replay",
    "availability",
    "search",
    "recall",
    "memory",
    "order_list",
    "pages",
    "weight",
)


def main(names: list[str]) -> int:
    """Run the named benchmarks (all of them by default), each in a process of its own; 1 when a goal is missed."""
    missed = []
    with own_database("_template"):
        if subprocess.run([sys.executable, "-m", "benchmarks.run", "--migrate"], check=False).returncode:
            return 1
        os.environ[TEMPLATE] = name_of(os.environ["DATABASE_URL"])
        for name in names or ALL:
            print(f"— {name}", flush=True)
            missed += [name] * (not _run(name))
    print(f"Goals missed in: {', '.join(missed)}" if missed else "Every goal is met.")
    return int(bool(missed))


def _run(name: str) -> bool:
    """One benchmark: its rows on the screen, its figures kept as JSON; whether all its goals are met."""
    started = time.monotonic()
    command = [sys.executable, "-m", "benchmarks.run", "--one", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(f"{name} ended with code {done.returncode}", flush=True)
        return False
    *shown, last = done.stdout.rstrip().split("\n")
    print("\n".join(shown), flush=True)
    figures = json.loads(last)
    _keep(name, figures, time.monotonic() - started)
    return all(figure["meets"] for figure in figures)


def _keep(name: str, figures: list[dict[str, Any]], seconds: float) -> None:
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    found = {
        "benchmark": name,
        "at": datetime.now(UTC).isoformat(),
        "cores": os.cpu_count(),
        "seconds": round(seconds, 1),
        "quick": os.environ.get("OMS_BENCH_QUICK") == "1",
        "figures": figures,
    }
    (results / f"{name}.json").write_text(json.dumps(found, indent=2, default=str))


def migrate() -> None:
    """Make the template's tables."""
    _django()
    call_command("migrate", verbosity=0)


def one(name: str) -> None:
    """One benchmark on its own database: its rows of the table, then its figures as one line of JSON."""
    with own_database():
        _django()
        figures = importlib.import_module(f"benchmarks.{name}").measure()
        connections.close_all()
    for figure in figures:
        print(figure.row())
    print(json.dumps([figure.record() for figure in figures], default=str))


def _django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")
    django.setup()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description="Measures the figures.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ALL)}")
    parser.add_argument("--quick", action="store_true", help="short rounds: shows that all run, measures little")
    parser.add_argument("--migrate", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    chosen = _arguments()
    if chosen.quick:
        os.environ["OMS_BENCH_QUICK"] = "1"
    if chosen.migrate:
        migrate()
    elif chosen.one:
        one(chosen.one)
    else:
        sys.exit(main(chosen.names))
