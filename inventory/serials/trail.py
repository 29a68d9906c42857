"""Which work had a unit last, by its number. Whoever keeps the picks is a `source`; this app asks, and knows no orders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Trace:
    """The last work that had a unit: in hand there still, or sent (`at`) with its parcel."""

    order: str
    place: str
    work_id: UUID
    line_id: UUID
    has_left: bool
    at: datetime | None = None


Traces = dict[UUID, Trace]
_sources: list[Callable[[Sequence[UUID]], Traces]] = []


def source(asked: Callable[[Sequence[UUID]], Traces]) -> Callable[[Sequence[UUID]], Traces]:
    """Ask this one too."""
    _sources.append(asked)
    return asked


def traces(serial_ids: Sequence[UUID]) -> Traces:
    """The last work of each number that any had. Whoever acts on it has the numbers locked."""
    found: Traces = {}
    for asked in _sources:
        found |= asked(serial_ids)
    return found
