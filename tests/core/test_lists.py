"""Keyset lists: every row once, forwards and back, whatever is added meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest

from core.lists import KeysetList, capped_count
from core.models import TimelineEntry
from core.problems import Invalid

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)


def rows(count: int, per_moment: int = 3) -> None:
    """Rows of which several share a moment, so that the key must break ties."""
    for n in range(count):
        at = START + timedelta(minutes=n // per_moment)
        TimelineEntry.objects.create(about="0" * 32, at=at, actor_kind="system", actor="t", action=str(n))


def walk(order: str, limit: int = 4) -> list[str]:
    listing, cursor, seen = KeysetList(TimelineEntry.objects.all(), order), "", []
    while True:
        page = listing.page(cursor, limit)
        seen += [row.action for row in page.items]
        if not page.next:
            return seen
        cursor = page.next


@pytest.mark.parametrize("order", ["at", "-at", "id", "-id"])
def test_every_row_is_seen_once_in_order(order: str) -> None:
    rows(14)
    expected = [str(n) for n in range(14)]
    assert walk(order) == (expected[::-1] if order.startswith("-") else expected)


def test_going_back_shows_the_page_before() -> None:
    rows(10)
    listing = KeysetList(TimelineEntry.objects.all(), "-at")
    first = listing.page("", 4)
    second = listing.page(first.next, 4)
    back = listing.page(second.previous, 4)
    assert [r.pk for r in back.items] == [r.pk for r in first.items]
    assert back.previous == ""
    assert first.previous == ""


@pytest.mark.parametrize("cursor", ["x", "AAAA", "W10", "WzAsICIiLCAiIl0", "ÿ"])
def test_a_made_up_cursor_is_refused_in_words(cursor: str) -> None:
    with pytest.raises(Invalid, match="not a cursor"):
        KeysetList(TimelineEntry.objects.all(), "-at").page(cursor)


def test_a_count_stops_at_its_cap() -> None:
    rows(7)
    assert capped_count(TimelineEntry.objects.all(), cap=5) == 6
    assert capped_count(TimelineEntry.objects.all(), cap=50) == 7
