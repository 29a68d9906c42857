"""Reads of the keys of programs."""

from core.actors import Actor
from core.calls import Caller
from core.db import rows
from integrations.services import digest

LIVING = "SELECT id, name, scopes FROM integrations_apikey WHERE digest = %(digest)s AND revoked_at IS NULL"


def find_caller(key: str) -> Caller | None:
    """The program that a living key belongs to, with its scopes; None for an unknown or revoked one.

    Asked at every call, so that a revocation acts on the next one.
    """
    found = rows(LIVING, {"digest": digest(key)})
    if not found:
        return None
    (row,) = found
    return Caller(str(row.id), Actor("api", row.name, str(row.id)), frozenset(row.scopes))
