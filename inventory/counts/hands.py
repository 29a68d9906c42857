"""Units that are on the books of a place and on none of its shelves, as somebody has picked them: whoever knows says so."""

from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID


class Held(NamedTuple):
    """Sellable units of a variant in somebody's hand; of a lot, where it is known."""

    variant_id: UUID
    lot_id: UUID | None
    units: int


Reader = Callable[[UUID, Sequence[UUID]], list[Held]]
"""Tells what is in hand at a place, of some variants."""
READERS: list[Reader] = []


def add(reader: Reader) -> Reader:
    """Let counts take off what it tells."""
    READERS.append(reader)
    return reader


def in_hand(location_id: UUID, variant_ids: Sequence[UUID]) -> list[Held]:
    """All that is in hand there, of some variants."""
    return [held for reader in READERS for held in reader(location_id, variant_ids)]
