"""Who may read figures of the running system: a monitor with its token, or a program with the scope."""

import secrets

from django.conf import settings
from django.http import HttpRequest

from core import calls

SCOPE = "metrics.view"


def may_read(request: HttpRequest) -> bool:
    """Whether the request bears METRICS_TOKEN, or an API key with the scope metrics.view."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        return False
    if settings.METRICS_TOKEN and secrets.compare_digest(key.encode(), settings.METRICS_TOKEN.encode()):
        return True
    caller = calls.find_caller(key) if calls.find_caller else None
    return caller is not None and SCOPE in caller.scopes
