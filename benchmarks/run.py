"""Every benchmark: a table on the screen, JSON in benchmarks/results/. Each runs on a fresh database of its own.

`make bench`, or `.venv/bin/python -m benchmarks.run NAME …` for some of them.
"""

import importlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connections

from benchmarks.database import own_database

HERE = Path(__file__).resolve().parent
ALL = ("capture_statements", "replay")


def main(names: list[str]) -> int:
    """Run the named benchmarks (all of them by default), each in a process of its own; 1 when a goal is missed."""
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    missed = False
    for name in names or ALL:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.run", "--one", name], stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            print(f"{name} ended with code {done.returncode}")
            missed = True
            continue
        *rows, last = done.stdout.strip().split("\n")
        print("\n".join(rows), flush=True)
        figures = json.loads(last)
        missed |= not all(figure["meets"] for figure in figures)
        found = {"benchmark": name, "at": datetime.now(UTC).isoformat(), "cores": os.cpu_count(), "figures": figures}
        (results / f"{name}.json").write_text(json.dumps(found, indent=2, default=str))
    return int(missed)


def one(name: str) -> None:
    """One benchmark on its own database: its rows of the table, then its figures as one line of JSON."""
    with own_database():
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")
        django.setup()
        call_command("migrate", verbosity=0)
        figures = importlib.import_module(f"benchmarks.{name}").measure()
        connections.close_all()
    for figure in figures:
        print(figure.row())
    print(json.dumps([figure.record() for figure in figures], default=str))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2])
    else:
        sys.exit(main(sys.argv[1:]))
