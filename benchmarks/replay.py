"""Figure 17: the real order history through the services, end to end; one in its likeness where it is not at hand."""

import csv
import os
import tempfile
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.machine import MEANT, Machine, machine
from benchmarks.rounds import QUICK, SECONDS
from benchmarks.straight import straight
from benchmarks.usage import Sampler, growth
from oms.replay.rejects import Rejects
from oms.replay.rules import COLUMNS, load
from oms.replay.runner import Summary, replay
from oms.replay.sample import sample

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "data" / "online-retail.csv.xz"
MADE = 3_000 if QUICK else 60_000
"""Lines of the file that is made where the real one is not at hand."""
GOAL = 2_000
"""Lines a second, scaled."""
MOST_GROWTH = 30
"""MiB over the second half of the file. What is kept by mistake of 160,000 lines would be a hundred or more."""
LOOKS = 5
"""How often the machine is measured before the replay, and again after it."""


def measure() -> list[Figure]:
    """Replay the file once, the machine measured before and after, and hold the books against it."""
    with tempfile.TemporaryDirectory() as folder, machine() as reference, Rejects(Path(folder) / "no.csv") as rejects:
        path = REAL if REAL.exists() and not QUICK else _made(Path(folder))
        _look(reference)
        with Sampler(os.getpid()) as memory:
            summary = replay(path, load(None, channel=""), rejects, opening_stock=True, batch=200)
        _look(reference)
        explained = summary.sold.rows + summary.returned.rows - summary.parted + rejects.total
        rejected = rejects.total
    return [
        _speed(path, summary, reference, rejected),
        Figure("17", "… lines neither captured nor rejected", summary.rows - explained, 0, "lines", higher=False),
        Figure(
            "17", "… what the process grew by over the second half", growth(memory.seen), MOST_GROWTH, "MiB",
            higher=False, detail={"MiB": memory.seen}, beside=f"{max(memory.seen):,.0f} MiB at most",
        ),
        straight("17"),
    ]  # fmt: skip


def _speed(path: Path, summary: Summary, reference: Machine, rejected: int) -> Figure:
    rate = summary.rows / summary.seconds
    scaled = sorted(rate * MEANT / seen for seen in reference.seen)
    detail = {
        "lines": summary.rows,
        "seconds": round(summary.seconds, 1),
        "captured": summary.sold.rows,
        "returned": summary.returned.rows,
        "rejected": rejected,
        "raw": rate,
        "reference": reference.seen,
    }
    return Figure(
        "17", f"replay of {path.name}, {summary.rows:,} lines, scaled", reference.scaled(rate), GOAL, "lines/s",
        spread=(scaled[0], scaled[-1]), beside=reference.beside(rate, "lines/s"), detail=detail,
    )  # fmt: skip


def _made(folder: Path) -> Path:
    """A file like the project's own sample, but longer."""
    path = folder / "made-history.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(sample(rows=MADE))
    return path


def _look(reference: Machine) -> None:
    for _ in range(LOOKS):
        reference.rate(SECONDS / 2)
