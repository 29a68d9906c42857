"""What is dear to find is found once for all who open their homes within a minute, and told to each in their own words."""

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from redis.exceptions import ConnectionError as Away

from core.cache import kept
from core.days import reader_day
from core.models import Preferences
from tests.factories.orders import placed
from tests.factories.people import signed_in
from tests.factories.world import small_world

pytestmark = pytest.mark.django_db

DEAR = {
    "/": ("AT TIME ZONE", "CROSS JOIN LATERAL (VALUES"),
    "/insight/": ("AT TIME ZONE", "CROSS JOIN LATERAL (VALUES", "SUM(", "coalesce(o.promise_latest, f.promise_latest)"),
    "/stock/": ("SELECT (SELECT count(*)",),
}
"""Parts of statements that read much."""


def asked(client: Client, path: str) -> str:
    """All that opening a page asks the database."""
    with CaptureQueriesContext(connection) as statements:
        assert client.get(path).status_code == 200
    return "\n".join(each["sql"] for each in statements)


@pytest.mark.parametrize("path", DEAR)
def test_the_next_to_open_it_asks_nothing_dear(path: str) -> None:
    small_world()
    placed()
    first, next_one = signed_in("manager"), signed_in("manager")

    before, then = asked(first, path), asked(next_one, path)

    for part in DEAR[path]:
        assert part in before and part not in then


@pytest.mark.parametrize("path", ["/", "/insight/"])
def test_each_reads_it_in_their_own_language_and_by_their_own_clock(path: str) -> None:
    small_world()
    placed()
    english, french = signed_in("manager"), signed_in("manager", name="zoe")
    Preferences.objects.create(user=get_user_model().objects.get(username="zoe"), language="fr", time_zone="Asia/Tokyo")
    with translation.override("en"):  # which ends what the pages have switched on
        asked(english, path)

        assert "AT TIME ZONE" in asked(french, path), "days begin elsewhere"
        assert "Commandes du jour" in french.get(path).content.decode()
        assert "AT TIME ZONE" not in asked(french, path)


def test_what_is_kept_is_kept_for_its_scope_alone() -> None:
    made = [kept("x", lambda n=n: n, scope) for n, scope in enumerate(["a", "b", "a", reader_day(), "b"])]  # type: ignore[misc]

    assert made == [0, 1, 0, 3, 1]


def test_without_a_cache_it_is_found_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object, **options: object) -> None:
        raise Away

    monkeypatch.setattr(type(cache._cache), "get", away)  # type: ignore[attr-defined]
    monkeypatch.setattr(type(cache._cache), "add", away)  # type: ignore[attr-defined]

    assert [kept("x", lambda n=n: n) for n in range(2)] == [0, 1]  # type: ignore[misc]
