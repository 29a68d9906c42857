"""What happens to supply and to those who wait, as others hear of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.outbox import Event

MOST_NAMED = 500
"""Demands that one event names, so that none is too long to read: more are told of by several."""


def in_parts(demands: Sequence[str]) -> Iterator[list[str]]:
    """The demands of each event; of one, where there are none."""
    for start in range(0, max(1, len(demands)), MOST_NAMED):
        yield list(demands[start : start + MOST_NAMED])


@dataclass(frozen=True, kw_only=True)
class SupplyArrived(Event):
    """Units of a supply (`about`) are on hand; those of its pins that they cover are reservations now."""

    kind = "supply.arrived"
    units: int


@dataclass(frozen=True, kw_only=True)
class SupplyChanged(Event):
    """When or how much of a supply (`about`) is to come has changed: `demands` wait for units of it."""

    kind = "supply.changed"
    demands: list[str]


@dataclass(frozen=True, kw_only=True)
class WaitsChanged(Event):
    """These demands wait for other units of a variant (`about`) than before."""

    kind = "supply.waits_changed"
    demands: list[str]


@dataclass(frozen=True, kw_only=True)
class StockRisen(Event):
    """More is free of a stock row (`about`), and somebody waits for units of its variant."""

    kind = "stock.risen"
