"""The built-in carrier: numbers from a sequence with a check digit, so that a misread one is found at once."""

from collections.abc import Sequence

from core.days import after, working_day
from core.db import rows
from fulfillment.carriers.base import Booking, Parcel

WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
DAYS = {"express": 1, "standard": 3, "economy": 6}
"""Working days a service takes when nothing was promised."""


def check_digit(serial: str) -> int:
    """The check digit of an eight-digit serial number (UPU standard S10)."""
    rest = 11 - sum(w * int(d) for w, d in zip(WEIGHTS, serial, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)


def tracking_number(serial: int) -> str:
    """The S10 identifier of a parcel, as ML010000018FR."""
    digits = f"{serial % 100_000_000:08d}"
    return f"ML{digits}{check_digit(digits)}FR"


def is_tracking_number(text: str) -> bool:
    """Whether a typed or scanned number is one of ours and was read correctly."""
    return (
        len(text) == 13
        and text.startswith("ML")
        and text.endswith("FR")
        and text[2:11].isdigit()
        and check_digit(text[2:10]) == int(text[10])
    )


class BuiltIn:
    """Takes any parcel at the price of the rate card."""

    outside = False

    def book(self, parcels: Sequence[Parcel]) -> list[Booking]:
        """One statement for the whole set."""
        serials = rows(
            "SELECT nextval('fulfillment_parcel') AS serial FROM generate_series(1, %(n)s)", {"n": len(parcels)}
        )
        return [
            Booking(
                parcel.key,
                tracking_number(row.serial),
                parcel.price,
                parcel.expected_on or after(working_day(parcel.sent_on), DAYS.get(parcel.service, 3)),
            )
            for parcel, row in zip(parcels, serials, strict=True)
        ]
