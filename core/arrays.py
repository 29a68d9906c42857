"""Arrays for the database. Sets of rows travel as arrays, and psycopg looks at each item several times; here a list of
plain things is written in one go. Everything else goes psycopg's way."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg.abc import Buffer
from psycopg.types.array import ListDumper


class PlainListDumper(ListDumper):
    """Lists of items of one type whose text is known to need no quoting, or to be quoted all alike."""

    def dump(self, obj: list[Any]) -> Buffer | None:
        """The array's text."""
        types = set(map(type, obj))
        writer = WRITERS.get(next(iter(types))) if len(types) == 1 else None
        written = writer(obj) if writer else None
        return super().dump(obj) if written is None else written.encode()


def _uuids(items: list[UUID]) -> str:
    return "{" + ",".join([item.hex for item in items]) + "}"


def _numbers(items: list[int] | list[Decimal]) -> str:
    return "{" + ",".join(map(str, items)) + "}"


def _texts(items: list[str]) -> str | None:
    """Each in quotes; None when one holds a quote, a backslash or a NUL."""
    joined = '","'.join(items)
    odd = "\\" in joined or "\0" in joined or joined.count('"') != 2 * (len(items) - 1)
    return None if odd else '{"' + joined + '"}'


WRITERS: dict[type, Callable[[list[Any]], str | None]] = {UUID: _uuids, int: _numbers, Decimal: _numbers, str: _texts}


def install() -> None:
    """Let every connection opened from now on write lists this way."""
    psycopg.adapters.register_dumper(list, PlainListDumper)
