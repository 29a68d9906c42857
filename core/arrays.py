"""Arrays for the database. Sets of rows travel as arrays, and psycopg looks at each item several times; here a list of
plain things is written in one go, as text whose type the statement tells. Everything else goes psycopg's way."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from types import NoneType
from typing import Any
from uuid import UUID

Writer = Callable[[list[Any]], str | None]


def written(value: Any) -> Any:
    """A list as the text of an array; anything else, and a list of things without a writer, as it is."""
    if type(value) is not list:
        return value
    types = set(map(type, value))
    if NoneType in types:
        return _with_gaps(value, types)
    writer = WRITERS.get(types.pop()) if len(types) == 1 else None
    text = writer(value) if writer else None
    return value if text is None else text


def _with_gaps(items: list[Any], types: set[type]) -> Any:
    """Nothing in an array is NULL, without quotes."""
    types.discard(NoneType)
    writer = WRITERS.get(types.pop()) if len(types) == 1 else None
    if writer is None:
        return items
    each = [writer([item]) for item in items if item is not None]
    if None in each:
        return items
    texts = iter([text[1:-1] for text in each if text])
    return "{" + ",".join(["NULL" if item is None else next(texts) for item in items]) + "}"


def _uuids(items: list[UUID]) -> str:
    return "{" + ",".join([item.hex for item in items]) + "}"


def _plain(items: list[Any]) -> str:
    return "{" + ",".join(map(str, items)) + "}"


def _times(items: list[date]) -> str:
    return "{" + ",".join([item.isoformat() for item in items]) + "}"


def _texts(items: list[str]) -> str | None:
    """Each in quotes; None when one holds a NUL, which psycopg refuses in its own words."""
    joined = '","'.join(items)
    if "\0" in joined:
        return None
    if "\\" in joined or joined.count('"') != 2 * (len(items) - 1):
        joined = '","'.join([item.replace("\\", "\\\\").replace('"', '\\"') for item in items])
    return '{"' + joined + '"}'


WRITERS: dict[type, Writer] = {
    UUID: _uuids,
    int: _plain,
    Decimal: _plain,
    bool: _plain,
    str: _texts,
    date: _times,
    datetime: _times,
}
