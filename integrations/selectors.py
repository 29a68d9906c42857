"""Reads of the keys of programs."""

from integrations.models import ApiKey
from integrations.services import digest


def find_api_key(key: str) -> ApiKey | None:
    """The living key with this text; None when it is unknown or revoked."""
    return ApiKey.objects.filter(digest=digest(key), revoked_at=None).first()
