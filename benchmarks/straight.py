"""The last figure of a benchmark that has written: the books are straight."""

from benchmarks.figure import Figure
from core.invariants import disagreements


def straight(number: str) -> Figure:
    """How many rows disagree with what must always be true."""
    wrong = disagreements()
    return Figure(
        number, "… rows that disagree with the invariants afterwards", len(wrong), 0, "rows", higher=False,
        detail={"disagreements": wrong[:20]}, beside="; ".join(wrong[:2]),
    )  # fmt: skip
