"""What any carrier can do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be sent: `price` is what the rate card says (EUR), `expected_on` what the customer was promised."""

    key: UUID
    service: str
    weight_g: int
    country: str
    price: Decimal
    expected_on: date | None
    sent_on: date


@dataclass(frozen=True, slots=True)
class Booking:
    """What the carrier answered."""

    key: UUID
    tracking_number: str
    cost: Decimal
    expected_on: date | None


class Carrier(Protocol):
    """A carrier that takes parcels in sets.

    `outside`: booking leaves this process. Then it is asked after packing, by a worker, with no lock held, and again when it
    failed; else inside the packing transaction.
    """

    outside: bool

    def book(self, parcels: Sequence[Parcel]) -> list[Booking]:
        """Announce parcels. A parcel whose `key` was booked before gets the same answer; any error may be raised."""
        ...
