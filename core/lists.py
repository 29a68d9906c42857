"""Keyset lists: any depth at the price of the first page, for screens and API alike."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime

from core.problems import Invalid

M = TypeVar("M", bound=Model)
LARGEST = 200
COUNT_CAP = 1000


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows with the cursors around them ("" where the list ends)."""

    items: list[M]
    next: str
    previous: str


@dataclass(frozen=True)
class KeysetList(Generic[M]):
    """A list ordered by `order` (a field, "-" for descending) and the key, paged by where the last row stood."""

    queryset: QuerySet[M]
    order: str = "-id"

    def page(self, cursor: str = "", limit: int = 50) -> Page[M]:
        """The page after (or before) `cursor`; an unusable cursor is an Invalid that names it."""
        limit = max(1, min(limit, LARGEST))
        backwards, position = _decode(cursor)
        try:
            found = list(self._from(position, backwards)[: limit + 1])
        except ValidationError as error:  # the cursor of another list: its value is of another kind
            raise _unusable() from error
        more = len(found) > limit
        found = found[:limit]
        if backwards:
            found.reverse()
        ahead, behind = (True, more) if backwards else (more, bool(position))
        return Page(
            found,
            next=self._encode(found[-1], False) if found and ahead else "",
            previous=self._encode(found[0], True) if found and behind else "",
        )

    @property
    def _field(self) -> str:
        return self.order.lstrip("-")

    def _from(self, position: list[Any] | None, backwards: bool) -> QuerySet[M]:
        descending = self.order.startswith("-") != backwards
        sign = "-" if descending else ""
        queryset = self.queryset.order_by(f"{sign}{self._field}", *([] if self._field == "id" else [f"{sign}id"]))
        if position is None:
            return queryset
        side = "lt" if descending else "gt"
        value, key = position
        if self._field == "id":
            return queryset.filter(**{f"id__{side}": key})
        return queryset.filter(
            Q(**{f"{self._field}__{side}e": value})
            & (Q(**{f"{self._field}__{side}": value}) | Q(**{f"id__{side}": key}))
        )

    def _encode(self, row: M, backwards: bool) -> str:
        value = getattr(row, self._field)
        plain = value.isoformat() if isinstance(value, datetime) else str(value)
        return base64.urlsafe_b64encode(json.dumps([int(backwards), plain, str(row.pk)]).encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[bool, list[Any] | None]:
    if not cursor:
        return False, None
    try:
        backwards, value, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if b"\0" in value.encode():
            raise ValueError("no list is ordered by what the database cannot hold")
        return bool(backwards), [parse_datetime(value) or value, UUID(key)]
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise _unusable() from error


def _unusable() -> Invalid:
    return Invalid.field(["query", "cursor"], "not a cursor of this list; start again without it")


def capped_count(queryset: QuerySet[Any], cap: int = COUNT_CAP) -> int:
    """The number of rows, counted no further than `cap` + 1, so that a count is never slow."""
    return queryset.order_by()[: cap + 1].count()
