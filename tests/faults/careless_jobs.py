"""Bulk actions as they would be if the effect of a row and its result were two transactions."""

from typing import Any

from django.db import transaction

from core.jobs import working
from core.jobs.claims import Turn


def _apart(turn: Turn, row: Any) -> None:
    with transaction.atomic():
        words = working.effect(turn, row)
    working.settle(turn, row, "done", words)


def be_careless() -> None:
    """From now on."""
    working.effect_and_result = _apart
