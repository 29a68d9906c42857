"""Levels as they would be applied if the effect of a chunk and its outcomes were two transactions."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from inventory.feeds import applying
from inventory.feeds.levels import newest, read
from inventory.models import FeedMessage


def _apart(message: FeedMessage, chunk: Any, places: Mapping[str, UUID]) -> None:
    readable, outcomes = read(chunk.levels, places)
    chosen, _older = newest(readable)
    with transaction.atomic():
        for level, outcome in zip(chosen, applying._apply(message, chunk.id, chosen, detailed=False), strict=True):
            outcomes[level.place_in_chunk] = outcome
    applying._settle(chunk.id, outcomes)


def be_careless() -> None:
    """From now on."""
    applying.apply_chunk = _apart
