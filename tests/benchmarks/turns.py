"""What processes of a test's crew do."""

import logging

from benchmarks.workers import Turn


def two_orders(index: int) -> Turn:
    """Brings two orders forward each turn."""
    return lambda: 2


def fails(index: int) -> Turn:
    """Says why in its log, and fails."""

    def turn() -> int:
        logging.getLogger("turns").error("the last words")
        raise ValueError("no stock left")

    return turn
