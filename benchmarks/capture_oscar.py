"""Figure 3: single orders by one process, against django-oscar's basket-to-order on the same Postgres."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.database import made_database
from benchmarks.figure import Figure
from benchmarks.rounds import in_turn
from benchmarks.straight import straight
from benchmarks.workers import Crew
from benchmarks.world import big_world
from launcher import places
from launcher.trouble import Trouble

HERE = Path(__file__).resolve().parent / "oscar"
VERSION = "4.2.1"


def measure() -> list[Figure]:
    """One process on each side, three lines an order, 10,000 products."""
    big_world()
    with oscar() as reference, Crew("benchmarks.orders:single", 1) as crew:
        pairs = in_turn(crew.rate, reference.rate)
    return [
        Figure(
            "3", f"single-order capture by one process, of django-oscar {VERSION}", pairs.median, 15, "×",
            spread=pairs.spread, detail=pairs.detail() | {"its statements per order": reference.statements},
            beside=f"{pairs.beside()}, which takes {reference.statements} statements an order",
        ),
        straight("3"),
    ]  # fmt: skip


class Oscar:
    """The process that places orders with django-oscar."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.statements = int(self._hear()["statements"])

    def rate(self, seconds: float) -> float:
        """Orders a second."""
        assert self.process.stdin
        print(seconds, file=self.process.stdin, flush=True)
        return float(self._hear()["rate"])

    def _hear(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise Trouble("The process with django-oscar has ended.")
        return dict(json.loads(line))


@contextmanager
def oscar() -> Iterator[Oscar]:
    """Its environment, made once and kept, and a database of its own without any of our tables."""
    python = _environment()
    with made_database("_oscar", empty=True) as url:
        variables = {"PATH": os.environ.get("PATH", os.defpath), "DATABASE_URL": url}
        process = subprocess.Popen(
            [str(python), "place.py"], cwd=HERE, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            yield Oscar(process)
        finally:
            process.communicate()


def _environment() -> Path:
    """The Python of the environment, with our own versions of Django and of the driver."""
    django, driver = metadata.version("django"), metadata.version("psycopg")
    folder = places.prepare().home / f"oscar-{VERSION}-{django}-{driver}"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        print("Installing django-oscar for the comparison", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        wanted = [f"django-oscar=={VERSION}", f"django=={django}", f"psycopg[binary]=={driver}"]
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        if subprocess.run([*pip, *wanted], check=False).returncode:
            raise Trouble("django-oscar cannot be installed: figure 3 has nothing to compare with.")
        (folder / "ready").touch()
    return python
