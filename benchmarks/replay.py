"""Figure 17: the real order history through the services, end to end; the project's own sample where it is not at hand."""

import tempfile
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.machine import MEANT, Machine, machine
from benchmarks.rounds import QUICK, SECONDS
from benchmarks.straight import straight
from oms.replay.rejects import Rejects
from oms.replay.rules import load
from oms.replay.runner import replay

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "data" / "online-retail.csv.xz"
SAMPLE = ROOT / "tests" / "data" / "history-sample.csv"
GOAL = 2_000
"""Lines a second, scaled."""
LOOKS = 5
"""How often the machine is measured before the replay, and again after it."""


def measure() -> list[Figure]:
    """Replay the file once, the machine measured before and after, and hold the books against it."""
    is_real = REAL.exists() and not QUICK
    path = REAL if is_real else SAMPLE
    with machine() as reference:
        _look(reference)
        with tempfile.TemporaryDirectory() as folder, Rejects(Path(folder) / "rejects.csv") as rejects:
            summary = replay(path, load(None, channel=""), rejects, opening_stock=True, batch=200)
            explained = summary.sold.rows + summary.returned.rows - summary.parted + rejects.total
        _look(reference)
    rate = summary.rows / summary.seconds
    scaled = sorted(rate * MEANT / seen for seen in reference.seen)
    detail = {
        "file": path.name,
        "lines": summary.rows,
        "seconds": round(summary.seconds, 1),
        "captured": summary.sold.rows,
        "returned": summary.returned.rows,
        "rejected": rejects.total,
        "raw": rate,
        "reference": reference.seen,
    }
    what = f"replay of {path.name}, scaled" + ("" if is_real else " (the goal is for the real file)")
    return [
        Figure(
            "17", what, reference.scaled(rate), GOAL if is_real else 0, "lines/s", detail=detail,
            spread=(scaled[0], scaled[-1]), beside=reference.beside(rate, "lines/s"),
        ),
        Figure("17", "… lines neither captured nor rejected", summary.rows - explained, 0, "lines", higher=False),
        straight("17"),
    ]  # fmt: skip


def _look(reference: Machine) -> None:
    for _ in range(LOOKS):
        reference.rate(SECONDS / 2)
