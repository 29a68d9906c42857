"""The same call twice has one effect and one answer.

For work that only touches the database the answer is stored in the work's own transaction. An advisory lock held
for the transaction tells a repeat that the first call is still going on.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from core.db import require_atomic, rows, run
from core.ids import new_id
from core.problems import IdempotencyInFlight, IdempotencyMismatch, Invalid
from core.timeline import dump

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


LOOK = """
SELECT pg_try_advisory_xact_lock(hashtextextended(%(client)s || chr(31) || %(key)s, 0)) AS mine,
       k.digest, k.status, k.answer
FROM (SELECT 1) one LEFT JOIN core_idempotencykey k ON k.client = %(client)s AND k.key = %(key)s
"""


def look(client: str, key: str, fingerprint: str) -> Answer | None:
    """The earlier answer, or None when this call is the first; a problem when in flight or mismatched."""
    require_atomic()
    (found,) = rows(LOOK, {"client": client, "key": key})
    if found.digest is not None:
        if found.digest != fingerprint:
            raise IdempotencyMismatch("This Idempotency-Key was used with another body. Use a new key for a new request.")
        return Answer(found.status, found.answer, replayed=True)
    if not found.mine:
        raise IdempotencyInFlight("The first request with this Idempotency-Key is still being worked on. Try again soon.")
    return None


def store(client: str, key: str, fingerprint: str, status: int, body: dict[str, Any]) -> None:
    """Keep the answer in the work's own transaction."""
    try:
        run(
            "INSERT INTO core_idempotencykey (id, client, key, digest, status, answer, created_at)"
            " VALUES (%(id)s, %(client)s, %(key)s, %(digest)s, %(status)s, %(answer)s::jsonb, %(at)s)",
            {
                "id": new_id(),
                "client": client,
                "key": key,
                "digest": fingerprint,
                "status": status,
                "answer": dump(body),
                "at": timezone.now(),
            },
        )
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
        store(client, key, fingerprint, status, answer)
    return Answer(status, answer)


def forget_old() -> int:
    """Delete answers older than seven days; returns how many."""
    return run("DELETE FROM core_idempotencykey WHERE created_at < %(before)s", {"before": timezone.now() - KEPT}).rowcount
