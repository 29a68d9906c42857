"""The database's own refusals, told apart: others hold what is needed, or nobody is there to ask."""

from django.db.utils import InterfaceError, InternalError, OperationalError
from psycopg import errors as pg

BUSY = (pg.LockNotAvailable, pg.DeadlockDetected, pg.SerializationFailure, pg.QueryCanceled)
NOT_WRITABLE = (pg.ReadOnlySqlTransaction, pg.InFailedSqlTransaction)
"""A standby that answers in the place of its primary, and what is left of a transaction that broke."""
RETRY_AFTER = 5
"""Seconds after which a caller may ask again: a crashed server needs about as long to recover."""


def is_busy(error: BaseException | None) -> bool:
    """Others are working on the same rows; nothing was changed and the next try may succeed."""
    return isinstance(error, OperationalError) and isinstance(error.__cause__, BUSY)


def is_away(error: BaseException | None) -> bool:
    """The database is stopped, starting, out of reach or out of space: the same call may be made again later."""
    if isinstance(error, InternalError):
        return isinstance(error.__cause__, NOT_WRITABLE) or _ends_the_connection(error.__cause__)
    return isinstance(error, OperationalError | InterfaceError) and not is_busy(error)


def _ends_the_connection(error: BaseException | None) -> bool:
    """Whatever the server calls it: after these words it is gone, as when it cannot write its log."""
    return isinstance(error, pg.Error) and error.diag.severity_nonlocalized in ("FATAL", "PANIC")
