"""Reads of the keys of programs."""

from core.actors import Actor
from core.calls import Caller
from integrations.models import ApiKey
from integrations.services import digest


def find_api_key(key: str) -> ApiKey | None:
    """The living key with this text; None when it is unknown or revoked."""
    return ApiKey.objects.filter(digest=digest(key), revoked_at=None).first()


def find_caller(key: str) -> Caller | None:
    """The program that a key belongs to, with its scopes."""
    found = find_api_key(key)
    if found is None:
        return None
    return Caller(str(found.pk), Actor("api", found.name, str(found.pk)), frozenset(found.scopes))
