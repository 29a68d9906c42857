"""Plain SQL inside Django's transaction, for the paths where an instance per row would cost more than the work.

Statements run on psycopg's own cursor: parameters are bound by the server and each statement is prepared once a
connection, so a set of one and a set of a thousand cost the same number of round trips.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.utils import DatabaseErrorWrapper
from psycopg import Cursor
from psycopg.rows import namedtuple_row
from psycopg.types.json import JsonbLoader

from core import arrays

arrays.install()

Params = Sequence[Any] | Mapping[str, Any] | None


def run(sql: str, params: Params = None) -> Cursor[Any]:
    """Execute one prepared statement in the current transaction; errors come as Django's database errors."""
    connection.ensure_connection()
    started = time.monotonic()
    with DatabaseErrorWrapper(connection):
        # Not connection.cursor(): Django gives that one the class that pastes parameters in and prepares nothing.
        cursor = Cursor(connection.connection, row_factory=namedtuple_row)
        cursor.adapters.register_loader("jsonb", JsonbLoader)  # Django leaves JSON as text for its own fields
        try:
            cursor.execute(sql, params, prepare=True)
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


def require_atomic() -> None:
    """Refuse to go on outside a transaction: a lock taken there would be gone before it protects anything."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("This needs a transaction: call it inside atomic().")
