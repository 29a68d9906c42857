"""What people have in hand: units that are picked and have not left. They still lie in their holdings.

Whoever keeps the picks is a `source`; this app asks, and knows nothing of work.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

Places = Sequence[tuple[UUID, UUID]]
Hands = dict[tuple[UUID, UUID, UUID], int]
"""Units by (variant, location, lot)."""

_sources: list[Callable[[Places], Hands]] = []


def source(asked: Callable[[Places], Hands]) -> Callable[[Places], Hands]:
    """Ask this one too."""
    _sources.append(asked)
    return asked


def in_hand(places: Places) -> Hands:
    """Units of lots at these (variant, location) that somebody has picked. The caller has the stock rows locked."""
    found: Hands = {}
    for asked in _sources:
        for key, units in asked(places).items():
            found[key] = found.get(key, 0) + units
    return found
