"""Plain SQL inside Django's transaction, for the paths where an instance per row would cost more than the work.

Statements run on one cursor a connection: parameters are bound by the server and each statement is prepared once, so
a set of one and a set of a thousand cost the same number of round trips.
"""

import re
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.db.utils import DatabaseErrorWrapper
from psycopg import RawCursor
from psycopg.rows import namedtuple_row
from psycopg.types.json import JsonbLoader

from core.arrays import written

Params = Sequence[Any] | Mapping[str, Any] | None
MOST_PREPARED = 1_000
"""Statements kept prepared on a connection: more than there are, as each that is dropped is planned anew."""


def run(sql: str, params: Params = None) -> RawCursor[Any]:
    """Execute one prepared statement in the current transaction; errors come as Django's database errors.

    What it returns holds the statement's result until the next one is run.
    """
    connection.close_if_health_check_failed()  # as Django's cursors do: a server that was restarted is no error
    connection.ensure_connection()
    statement, names = (sql.encode(), ()) if params is None else _numbered(sql)
    given = [params[name] for name in names] if isinstance(params, Mapping) else params
    values = given and [written(value) for value in given]
    started = time.monotonic()
    with DatabaseErrorWrapper(connection):
        cursor = _cursor()
        try:
            cursor.execute(statement, values, prepare=True)
        except Exception:
            connection.needs_rollback = connection.in_atomic_block
            raise
        finally:
            if connection.queries_logged:
                connection.queries_log.append({"sql": sql, "time": f"{time.monotonic() - started:.3f}"})
    return cursor


def rows(sql: str, params: Params = None) -> list[Any]:
    """All rows of a query, as named tuples."""
    with DatabaseErrorWrapper(connection):
        return run(sql, params).fetchall()


def _cursor() -> RawCursor[Any]:
    """The connection's own. Not connection.cursor(): Django gives that one a class that pastes parameters in."""
    kept: RawCursor[Any] | None = getattr(connection, "plain_cursor", None)
    if kept is None or kept.connection is not connection.connection:
        kept = RawCursor(connection.connection, row_factory=namedtuple_row)
        kept.adapters.register_loader("jsonb", JsonbLoader)  # Django leaves JSON as text for its own fields
        kept.connection.prepared_max = MOST_PREPARED
        connection.plain_cursor = kept  # type: ignore[attr-defined]
    return kept


PLACEHOLDER = re.compile(r"%(?:\((\w+)\)s|(s)|(%))")


@lru_cache(maxsize=2_000)
def _numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """The statement with $1, $2 … for its placeholders, and the names these stand for (none when they have none)."""
    names: dict[str, int] = {}
    count = 0

    def number(found: re.Match[str]) -> str:
        nonlocal count
        name, bare, _ = found.groups()
        if name:
            return f"${names.setdefault(name, len(names) + 1)}"
        if bare:
            count += 1
            return f"${count}"
        return "%"

    return PLACEHOLDER.sub(number, sql).encode(), tuple(names)


def require_atomic() -> None:
    """Refuse to go on outside a transaction: a lock taken there would be gone before it protects anything."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("This needs a transaction: call it inside atomic().")
