"""Plain SQL inside Django's transaction, for the paths where an instance per row would cost more than the work.

Statements run on one cursor a connection: parameters are bound by the server and each statement is prepared once, so
a set of one and a set of a thousand cost the same number of round trips.
"""

import re
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import DatabaseErrorWrapper
from psycopg import Connection, RawCursor
from psycopg.rows import namedtuple_row
from psycopg.types.json import JsonbLoader

from core.arrays import written

Params = Sequence[Any] | Mapping[str, Any] | None
MOST_PREPARED = 1_000
"""Statements kept prepared on a connection: more than there are, as each that is dropped is planned anew."""
LONGEST_TRUSTED = 600.0
"""Seconds that the plans of an old connection are kept."""


def run(sql: str, params: Params = None) -> RawCursor[Any]:
    """Execute one prepared statement in the current transaction; errors come as Django's database errors.

    What it returns holds the statement's result until the next one is run.
    """
    own = _at_hand()
    with DatabaseErrorWrapper(own):
        return _execute(own, sql, params)


def rows(sql: str, params: Params = None) -> list[Any]:
    """All rows of a query, as named tuples."""
    own = _at_hand()
    with DatabaseErrorWrapper(own):
        return _execute(own, sql, params).fetchall()


def _at_hand() -> BaseDatabaseWrapper:
    """The connection. A first question outside a transaction looks whether the server is still there, as Django's own
    cursors and `atomic` do: one that was restarted is then no error."""
    own = connections[DEFAULT_DB_ALIAS]
    if not own.in_atomic_block:
        own.close_if_health_check_failed()
    own.ensure_connection()
    return own


def _execute(own: BaseDatabaseWrapper, sql: str, params: Params) -> RawCursor[Any]:
    statement, names = (sql.encode(), ()) if params is None else _numbered(sql)
    given = [params[name] for name in names] if isinstance(params, Mapping) else params
    values = given and [written(value) for value in given]
    started = time.monotonic()
    cursor = _session(own).cursor_at(started)
    try:
        cursor.execute(statement, values, prepare=True)
    except Exception:
        own.needs_rollback = own.in_atomic_block
        raise
    finally:
        if own.queries_logged:
            own.queries_log.append({"sql": sql, "time": f"{time.monotonic() - started:.3f}"})
    return cursor


class Session:
    """A connection's own cursor. Not connection.cursor(): Django gives that one a class that pastes parameters in.

    A plan is kept as long as its statement, and one that was made while a table was small reads all of it when it has
    grown. So the plans of a connection are thrown away when it is 1, 2, 4, 8 … seconds old, and then every ten minutes.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self.connection = connection
        self.cursor = RawCursor(connection, row_factory=namedtuple_row)
        self.cursor.adapters.register_loader("jsonb", JsonbLoader)  # Django leaves JSON as text for its own fields
        self.trusted = 1.0
        self.trusted_until = time.monotonic() + self.trusted
        connection.prepared_max = MOST_PREPARED

    def cursor_at(self, now: float) -> RawCursor[Any]:
        """The cursor, with plans that are young enough."""
        if now > self.trusted_until:
            self.cursor.execute(b"DISCARD PLANS")
            self.trusted = min(2 * self.trusted, LONGEST_TRUSTED)
            self.trusted_until = now + self.trusted
        return self.cursor


def _session(own: Any) -> Session:
    kept: Session | None = getattr(own, "plain_session", None)
    if kept is None or kept.connection is not own.connection:
        kept = own.plain_session = Session(own.connection)
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
