"""How often something may be tried. Counted in the cache; while that is away everything is allowed."""

from hashlib import sha256

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def allow(name: str, who: str, *, most: int, seconds: int) -> bool:
    """Count one try of `name` by `who`; False once there were more than `most` since the first, for `seconds`."""
    key = f"throttle:{name}:{sha256(who.encode()).hexdigest()[:32]}"
    cache.add(key, 0, timeout=seconds)
    try:
        return cache.incr(key) <= most
    except ValueError:  # it ran out between the two calls
        return True


def address_of(request: HttpRequest) -> str:
    """The network address a request came from: behind a proxy that is trusted, the one that this proxy saw."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.SECURE_PROXY_SSL_HEADER else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))
