"""Counting tries, and what happens when nobody can count."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from django.test import RequestFactory
from redis.exceptions import ConnectionError as RedisIsAway

from core.throttle import address_of, allow


@pytest.fixture(autouse=True)
def fresh_counts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_so_many_are_allowed_and_no_more() -> None:
    assert [allow("door", "anne", most=2, seconds=60) for _ in range(4)] == [True, True, False, False]


def test_each_name_and_each_person_is_counted_apart() -> None:
    assert not allow("door", "anne", most=0, seconds=60)
    assert allow("window", "anne", most=1, seconds=60)
    assert allow("door", "bob", most=1, seconds=60)


def test_without_a_cache_everything_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object, **options: object) -> None:
        raise RedisIsAway

    with monkeypatch.context() as patch:
        for name in ("add", "incr", "get", "set"):
            patch.setattr(RedisCache, name, away)
        assert all(allow("door", "anne", most=1, seconds=60) for _ in range(3))


def test_a_header_counts_only_behind_a_proxy_that_is_trusted(settings: Any) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": "1.1.1.1, 192.0.2.7"})
    assert address_of(request) == "10.0.0.1"

    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert address_of(request) == "192.0.2.7"
    assert address_of(RequestFactory().get("/", REMOTE_ADDR="10.0.0.1")) == "10.0.0.1"
