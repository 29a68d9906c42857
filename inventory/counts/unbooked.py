"""Units that lie at a place and are not on its books yet, as somebody is counting them in for a document: whoever keeps
the document says so."""

from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID


class Unbooked(NamedTuple):
    """Units of a variant that have come for a document; of a lot by its code, "" where that was not said."""

    variant_id: UUID
    lot: str
    condition: str
    units: int
    document: str


Reader = Callable[[UUID, Sequence[UUID]], list[Unbooked]]
"""Tells what has come to a place and is not booked, of some variants."""
READERS: list[Reader] = []


def add(reader: Reader) -> Reader:
    """Let counts take off what it tells."""
    READERS.append(reader)
    return reader


def unbooked(location_id: UUID, variant_ids: Sequence[UUID]) -> list[Unbooked]:
    """All that has come there and is not booked, of some variants."""
    return [each for reader in READERS for each in reader(location_id, variant_ids)]
