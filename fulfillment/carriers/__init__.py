"""Carriers: one interface (`base`), one module per carrier, found by the code that the rate cards use."""

from fulfillment.carriers.base import Booking, Carrier, Parcel
from fulfillment.carriers.builtin import BuiltIn

__all__ = ["Booking", "Carrier", "Parcel", "carrier"]

CARRIERS: dict[str, Carrier] = {}
BUILT_IN = BuiltIn()


def carrier(code: str) -> Carrier:
    """The carrier with this code. One that has no connection of its own is numbered by the built-in one."""
    return CARRIERS.get(code, BUILT_IN)
