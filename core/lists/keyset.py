"""Keyset paging: any depth at the price of the first page, for screens and API alike."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar
from zlib import crc32

from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db.models import Field, Model, Q, QuerySet
from django.utils.translation import gettext as _

from core.problems import Invalid

M = TypeVar("M", bound=Model)
LARGEST = 200
COUNT_CAP = 1000
LARGEST_EXPONENT = 30
"""Numbers beyond it stand in no list: a cursor that holds one was made up."""


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows with the cursors around them ("" where the list ends)."""

    items: list[M]
    next: str
    previous: str


@dataclass(frozen=True)
class Position:
    """Beside which row to go on: its value and its key. `empty` when it stood among the rows without a value."""

    value: Any
    key: Any
    empty: bool = False


@dataclass(frozen=True)
class KeysetList(Generic[M]):
    """A list ordered by `order` (a field, "-" for descending) and the key, paged by where the last row stood.

    Rows without a value come last in both directions. They are read by a statement of their own, once the others are
    used up, so that each of the two walks an index.

    `branches` are parts of the queryset that together hold all of it, for where one walk cannot follow an index that
    begins with another column: of each, as many rows as the page needs are read in order, and the page is made of these.
    """

    queryset: QuerySet[M]
    order: str = "-id"
    branches: tuple[QuerySet[M], ...] = ()

    def page(self, cursor: str = "", limit: int = 50) -> Page[M]:
        """The page after (or before) `cursor`; an unusable cursor is an Invalid that names it."""
        limit = max(1, min(limit, LARGEST))
        backwards, position = self._decode(cursor)
        try:
            found = self._walk(position, backwards, limit + 1)
        except (ValidationError, ValueError, ArithmeticError) as error:  # of another list: its value is of another kind
            raise _unusable() from error
        more = len(found) > limit
        found = found[:limit]
        if backwards:
            found.reverse()
        ahead, behind = (True, more) if backwards else (more, position is not None)
        return Page(
            found,
            next=self._encode(found[-1], False) if found and ahead else "",
            previous=self._encode(found[0], True) if found and behind else "",
        )

    @property
    def _field(self) -> str:
        return self.order.lstrip("-")

    @property
    def _typed(self) -> "Field[Any, Any] | None":
        """The field or annotation behind the order."""
        annotation = self.queryset.query.annotations.get(self._field)
        if annotation is not None:
            return annotation.output_field
        model: Any = self.queryset.model
        found: Any = None
        for part in self._field.split("__"):
            try:
                found = model._meta.pk if part == "pk" else model._meta.get_field(part)
            except FieldDoesNotExist:
                return None
            model = getattr(found, "related_model", None)
        return found

    @property
    def _nullable(self) -> bool:
        return bool(getattr(self._typed, "null", False))

    def _walk(self, position: Position | None, backwards: bool, wanted: int) -> list[M]:
        """The next rows in the direction of travel, through the part with values and the part without."""
        parts = [False, True] if self._nullable else [False]
        if backwards:
            parts.reverse()
        if position is not None:
            parts = parts[parts.index(position.empty) :]
        found: list[M] = []
        for number, empty in enumerate(parts):
            start = position if number == 0 else None
            found += self._part(start, backwards, empty, wanted - len(found))
            if len(found) == wanted:
                break
        return found

    def _part(self, position: Position | None, backwards: bool, empty: bool, wanted: int) -> QuerySet[M]:
        descending = self.order.startswith("-") != backwards
        condition, order = self._beyond(position, descending, empty)
        if self.branches:
            keys = [each.filter(condition).order_by(*order).values("pk")[:wanted] for each in self.branches]
            these = keys[0].union(*keys[1:], all=True) if len(keys) > 1 else keys[0]
            return self.queryset.filter(pk__in=these).order_by(*order)[:wanted]
        found = self.queryset.filter(condition) if condition else self.queryset
        return found.order_by(*order)[:wanted]

    def _beyond(self, position: Position | None, descending: bool, empty: bool) -> tuple[Q, list[str]]:
        """The rows of a part after a position, and the order of that part."""
        sign, side = ("-", "lt") if descending else ("", "gt")
        condition = Q(**{f"{self._field}__isnull": empty}) if self._nullable else Q()
        if empty or self._field == "id":
            return condition & Q(**{f"id__{side}": position.key}) if position else condition, [f"{sign}id"]
        order = [f"{sign}{self._field}", f"{sign}id"]
        if position is None:
            return condition, order
        after = Q(**{f"{self._field}__{side}": position.value}) | Q(**{f"id__{side}": position.key})
        return condition & Q(**{f"{self._field}__{side}e": position.value}) & after, order

    def _encode(self, row: M, backwards: bool) -> str:
        value: Any = row
        for part in self._field.split("__"):
            value = getattr(value, part, None)
        plain = None if value is None else value.isoformat() if isinstance(value, date) else str(value)
        parts = [int(backwards), self._mark, plain, str(row.pk)]
        return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")

    @property
    def _mark(self) -> int:
        """Tells the cursors of one order from those of another."""
        return crc32(self.order.encode()) & 0xFFFF

    def _decode(self, cursor: str) -> tuple[bool, Position | None]:
        if not cursor:
            return False, None
        try:
            backwards, mark, plain, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            if mark != self._mark:
                raise ValueError("the cursor of a list in another order")
            if plain is None and not self._nullable:
                raise ValueError("this list has no row without a value")
            value = None if plain is None else self._value(plain)
            return bool(backwards), Position(value, self._key(key), empty=plain is None)
        except (
            *(ValueError, TypeError, AttributeError, RecursionError, binascii.Error),
            *(ValidationError, InvalidOperation, FieldError),
        ) as error:
            raise _unusable() from error

    def _key(self, plain: Any) -> Any:
        """What stands in the cursor, as a key of the list's rows."""
        return self.queryset.model._meta.pk.to_python(str(plain))

    def _value(self, plain: str) -> Any:
        """What stands in the cursor, as a value of the list's order."""
        if "\0" in plain or any("\ud800" <= c <= "\udfff" for c in plain):
            raise ValueError("no list is ordered by what the database cannot hold")
        field = self._typed
        value = plain if field is None else field.to_python(plain)
        if isinstance(value, Decimal) and abs(value.adjusted()) > LARGEST_EXPONENT:
            raise ValueError("no amount is so large")
        return value


def _unusable() -> Invalid:
    return Invalid.field(["query", "cursor"], _("not a cursor of this list; start again without it"))


def capped_count(queryset: QuerySet[Any], cap: int = COUNT_CAP) -> int:
    """The number of rows, counted no further than `cap` + 1, so that a count is never slow."""
    return queryset.order_by()[: cap + 1].count()
