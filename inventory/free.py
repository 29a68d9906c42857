"""What can still be promised from a stock row, said once: in SQL, for the ORM, and in Python.

A place whose stock feed has gone silent holds back `held_units` of each row and `held_share` per cent of what is on
hand, beside the row's own safety stock. It stands on the place, so that a hundred thousand rows change by one update.
A row that is withheld promises nothing. What channels have set aside and not used is free for none of the others: a
channel adds its own unused fence to FREE, which may be below zero.
"""

from typing import Any

from django.db.models import BigIntegerField, Case, F, Value, When
from django.db.models.functions import Cast, Greatest

HELD = "(l.held_units + (s.on_hand::bigint * l.held_share + 99) / 100)::int"
"""Units that a silent place holds back; `s` is the stock row, `l` its place."""
FREE = f"(CASE WHEN s.withheld THEN 0 ELSE s.on_hand END - s.safety - s.reserved - s.allocated - s.fenced - {HELD})"
"""Units that can still be promised to any channel; below zero where more is promised or kept back than there is."""
OWN = f"{FREE} + coalesce(f.unused, 0)"
"""Units that can still be promised to a channel, `f` being its own fence at the row, if it has one."""


def held(on_hand: int, units: int, share: int) -> int:
    """Units that a silent place holds back of what is on hand."""
    return units + (on_hand * share + 99) // 100


def free_of(stock: str) -> Any:
    """The free units of a stock row, never below zero, as an expression; `stock` leads to the row, as in `stock__`."""
    row = {name: F(f"{stock}{name}") for name in ("on_hand", "safety", "reserved", "allocated", "fenced")}
    there = Case(When(**{f"{stock}withheld": True}, then=Value(0)), default=row["on_hand"])
    share = Cast(row["on_hand"], BigIntegerField()) * F(f"{stock}location__held_share")
    kept = F(f"{stock}location__held_units") + Cast((share + Value(99)) / Value(100), BigIntegerField())
    left = there - row["safety"] - row["reserved"] - row["allocated"] - row["fenced"] - kept
    return Greatest(left, 0, output_field=BigIntegerField())
