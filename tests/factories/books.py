"""The invariants, for tests that move units without the documents that would book them."""

from core.actors import SYSTEM
from core.invariants import disagreements
from inventory.valuation.costs import level


def besides_value() -> list[str]:
    """What disagrees once the ledger is brought to what lies there."""
    level(actor=SYSTEM)
    return disagreements()
