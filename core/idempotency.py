"""The same call twice has one effect and one answer.

For work that only touches the database the answer is stored in the work's own transaction. An advisory lock held
for the transaction tells a repeat that the first call is still going on.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from core.bulk import Table, dump
from core.db import require_atomic, rows, run
from core.ids import new_id
from core.problems import IdempotencyInFlight, IdempotencyMismatch, Invalid, Problem

KEPT = timedelta(days=7)
LONGEST = 255


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call answered; `replayed` when it comes from an earlier call."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


def digest(body: bytes) -> str:
    """A fingerprint of a request, to tell a repeat from another request under the same key."""
    return hashlib.sha256(body).hexdigest()


def check_key(key: str | None) -> str:
    """A usable key, or a problem that says what is missing."""
    if not key or len(key) > LONGEST or not key.isprintable():
        raise Invalid(
            "Every write needs an Idempotency-Key header: 1 to 255 printable characters that name this attempt.",
            errors=[{"loc": ["header", "Idempotency-Key"], "msg": "missing or not usable"}],
        )
    return key


SEEN = """
pg_try_advisory_xact_lock(hashtextextended(%(client)s || chr(31) || w.key, 0)) AS mine, k.digest, k.status, k.answer
"""
JOIN = "LEFT JOIN core_idempotencykey k ON k.client = %(client)s AND k.key = w.key"
"""What `verdict` needs to know of each `w.key`: columns and join, for a statement that asks something else as well."""
LOOK = f"SELECT {SEEN} FROM (SELECT %(key)s::text AS key) AS w {JOIN}"  # noqa: S608 - constants


def look(client: str, key: str, fingerprint: str) -> Answer | None:
    """The earlier answer, or None when this call is the first; a problem when in flight or mismatched."""
    require_atomic()
    (row,) = rows(LOOK, {"client": client, "key": key})
    found = verdict(row, fingerprint)
    if isinstance(found, Problem):
        raise found
    return found


def verdict(found: Any, fingerprint: str) -> Answer | Problem | None:
    """What `look` says of a key, from a row with the columns of `SEEN`; problems come as values."""
    if found.digest is not None:
        if found.digest != fingerprint:
            return IdempotencyMismatch(
                "This Idempotency-Key was used with another body. Use a new key for a new request."
            )
        return Answer(found.status, found.answer, replayed=True)
    if not found.mine:
        return IdempotencyInFlight(
            "The first request with this Idempotency-Key is still being worked on. Try again soon."
        )
    return None


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer as it is kept."""

    id: UUID
    client: str
    key: str
    digest: str
    status: int
    answer: str


TABLE = Table(
    "core_idempotencykey",
    {
        "id": "uuid",
        "client": "text",
        "key": "text",
        "digest": "text",
        "status": "int",
        "answer": "jsonb",
    },
    # By the database's clock, which also says when it is old: the clock of one machine that is wrong forgets nothing.
    computed={"created_at": "statement_timestamp()"},
)


def stored(client: str, key: str, fingerprint: str, status: int, body: dict[str, Any]) -> Stored:
    """The row that keeps an answer."""
    return Stored(new_id(), client, key, fingerprint, status, dump(body))


def store(answers: Sequence[Stored]) -> None:
    """Keep answers in the work's own transaction."""
    try:
        run(TABLE.insert(), TABLE.params(answers))
    except IntegrityError as error:
        raise IdempotencyInFlight("The same request was finished by another call at this moment. Try again.") from error


def once(client: str, key: str, body: bytes, work: Callable[[], tuple[int, dict[str, Any]]]) -> Answer:
    """Do `work` in one transaction with its stored answer, unless it has been done before."""
    fingerprint = digest(body)
    with transaction.atomic():
        earlier = look(client, key, fingerprint)
        if earlier is not None:
            return earlier
        status, answer = work()
        store([stored(client, key, fingerprint, status, answer)])
    return Answer(status, answer)


def forget_old() -> int:
    """Delete answers older than seven days; returns how many."""
    return run(
        "DELETE FROM core_idempotencykey WHERE created_at < statement_timestamp() - %(kept)s", {"kept": KEPT}
    ).rowcount
