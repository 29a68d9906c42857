"""A plan: which location sends which units of an order, with what service, for how much, and when it arrives."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """Units of one order line in a parcel."""

    line_id: UUID
    variant_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one location sends. `freight` is the carrier's part of `cost`, both in EUR."""

    location_id: UUID
    carrier: str
    service: str
    lines: tuple[PlannedLine, ...]
    freight: Decimal
    cost: Decimal
    earliest: date
    latest: date


@dataclass(frozen=True, slots=True)
class Plan:
    """How an order is to be sent. `unfilled` are units that no legal location has; `status` is `optimal` when proven."""

    order_id: UUID
    parcels: tuple[Parcel, ...]
    unfilled: tuple[PlannedLine, ...]
    cost: Decimal
    status: str
    alternatives: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def earliest(self) -> date | None:
        """The first day on which all of it may have arrived."""
        return max((parcel.earliest for parcel in self.parcels), default=None)

    @property
    def latest(self) -> date | None:
        """The day by which all of it arrives."""
        return max((parcel.latest for parcel in self.parcels), default=None)

    def document(self) -> dict[str, Any]:
        """The plan as it is stored with the decision."""
        return {
            "packages": [
                {
                    "location": str(parcel.location_id),
                    "carrier": parcel.carrier,
                    "service": parcel.service,
                    "freight": str(parcel.freight),
                    "cost": str(parcel.cost),
                    "earliest": parcel.earliest.isoformat(),
                    "latest": parcel.latest.isoformat(),
                    "lines": [{"line": str(line.line_id), "quantity": line.quantity} for line in parcel.lines],
                }
                for parcel in self.parcels
            ],
            "unfilled": [{"line": str(line.line_id), "quantity": line.quantity} for line in self.unfilled],
        }
