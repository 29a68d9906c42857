"""Statements repeated by pgbench, the bench of PostgreSQL itself: the reference that no service can beat."""

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from launcher import places, software
from launcher.trouble import Trouble

DONE = re.compile(r"number of transactions actually processed: (\d+)")
FAILED = re.compile(r"number of failed transactions: (\d+)")
RATE = re.compile(r"tps = ([0-9.]+) \(without initial connection time\)")


@dataclass(frozen=True)
class Done:
    """How many statements were done, and how many a second."""

    statements: int
    rate: float


def repeat(sql: str, *, clients: int, seconds: float = 0, times: int = 0, url: str = "") -> Done:
    """One statement again and again over some connections: prepared once each, commits not waited for.

    Works in the database of DATABASE_URL unless another is given.
    """
    program = software.install(places.prepare()).postgres("pgbench")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "statement.sql"
        script.write_text(sql.strip().rstrip(";") + ";\n")
        length = ["-t", str(times)] if times else ["-T", str(max(1, round(seconds)))]
        command = [str(program), "-n", "-M", "prepared", "-c", str(clients), "-j", str(clients), *length]
        done = subprocess.run(
            [*command, "-f", str(script), url or os.environ["DATABASE_URL"]],
            env=os.environ | {"PGOPTIONS": "-c synchronous_commit=off -c jit=off"},
            capture_output=True,
            text=True,
            check=False,
        )
    found, failed, rate = DONE.search(done.stdout), FAILED.search(done.stdout), RATE.search(done.stdout)
    if done.returncode or not found or not rate or (failed and int(failed[1])):
        raise Trouble(f"pgbench failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return Done(int(found[1]), float(rate[1]))
