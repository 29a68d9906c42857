"""Figure 17: the real order history through the services, end to end; the project's own sample where it is not at hand."""

import tempfile
from pathlib import Path

from benchmarks.figure import Figure
from core.invariants import disagreements
from oms.replay.rejects import Rejects
from oms.replay.rules import load
from oms.replay.runner import replay

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "data" / "online-retail.csv.xz"
SAMPLE = ROOT / "tests" / "data" / "history-sample.csv"
GOAL = 1_000
"""Lines a second."""


def measure() -> list[Figure]:
    """Replay the file once and hold the books against it."""
    path = REAL if REAL.exists() else SAMPLE
    with tempfile.TemporaryDirectory() as folder, Rejects(Path(folder) / "rejects.csv") as rejects:
        summary = replay(path, load(None, channel=""), rejects, opening_stock=True, batch=200)
        explained = summary.sold.rows + summary.returned.rows - summary.parted + rejects.total
    wrong = disagreements()
    detail = {
        "file": path.name,
        "lines": summary.rows,
        "seconds": round(summary.seconds, 1),
        "captured": summary.sold.rows,
        "returned": summary.returned.rows,
        "rejected": rejects.total,
        "disagreements": wrong[:20],
    }
    is_real = path is REAL
    what = f"replay of {path.name}" + ("" if is_real else " (the goal is for the real file)")
    return [
        Figure("17", what, summary.rows / summary.seconds, GOAL if is_real else 0, "lines/s", detail=detail),
        Figure("17", "… lines neither captured nor rejected", summary.rows - explained, 0, "lines", higher=False),
        Figure("17", "… invariants that disagree afterwards", len(wrong), 0, "rows", higher=False),
    ]
