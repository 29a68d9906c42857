"""A cache that may be gone: Redis carries nothing that cannot be made again, so its absence is a miss."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from django.db import connection
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
T = TypeVar("T")
COUNTS, FIGURES = 20, 60
"""Seconds for which a count beside a name, and a figure of a home or dashboard, may be behind."""


def kept(name: str, make: Callable[[], T], *scope: object, seconds: int = COUNTS) -> T:
    """What `make` found at most so many seconds ago: facts of this database, never words, for readers have languages of
    their own. `scope` is everything that they depend on: days, a time zone, whose places."""
    key = ":".join(map(str, (name, connection.settings_dict["NAME"], *scope)))
    return cast(T, cache.get_or_set(key, make, seconds))


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, which answers as if empty while the server is away."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except RedisError:
            logger.warning("the cache cannot be reached")
            return default

    def set(self, *args: Any, **options: Any) -> None:
        try:
            super().set(*args, **options)
        except RedisError:
            logger.warning("the cache cannot be reached")

    def add(self, *args: Any, **options: Any) -> bool:
        try:
            return bool(super().add(*args, **options))
        except RedisError:
            return True

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        try:
            return super().incr(key, delta, version)
        except RedisError:
            return delta
