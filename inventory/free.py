"""What can still be promised from a stock row, said once: in SQL, for the ORM, and in Python.

A place whose stock feed has gone silent holds back `held_units` of each row and `held_share` per cent of what is on
hand, beside the row's own safety stock. It stands on the place, so that a hundred thousand rows change by one update.
"""

from typing import Any

from django.db.models import BigIntegerField, F, Value
from django.db.models.functions import Cast, Greatest

HELD = "(l.held_units + (s.on_hand::bigint * l.held_share + 99) / 100)::int"
"""Units that a silent place holds back; `s` is the stock row, `l` its place."""
FREE = f"(s.on_hand - s.safety - s.reserved - s.allocated - {HELD})"
"""Units that can still be promised; below zero where more is promised or kept back than there is."""


def held(on_hand: int, units: int, share: int) -> int:
    """Units that a silent place holds back of what is on hand."""
    return units + (on_hand * share + 99) // 100


def free_of(stock: str) -> Any:
    """The free units of a stock row, never below zero, as an expression; `stock` leads to the row, as in `stock__`."""
    row = {name: F(f"{stock}{name}") for name in ("on_hand", "safety", "reserved", "allocated")}
    share = Cast(row["on_hand"], BigIntegerField()) * F(f"{stock}location__held_share")
    kept = F(f"{stock}location__held_units") + Cast((share + Value(99)) / Value(100), BigIntegerField())
    left = row["on_hand"] - row["safety"] - row["reserved"] - row["allocated"] - kept
    return Greatest(left, 0, output_field=BigIntegerField())
