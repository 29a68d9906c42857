"""Paging, on any rows in any order: forward and back, each row once, whatever is added meanwhile."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.lists import KeysetList
from core.models import Incident
from core.problems import Invalid

START = datetime(2026, 1, 1, tzinfo=UTC)
ABOUT = UUID(int=7)
MOMENTS = st.none() | st.integers(0, 4)
"""Few values, so that many rows share one, and some have none."""


def make(moments: list[int | None], prefix: str = "k") -> None:
    Incident.objects.bulk_create(
        Incident(
            kind=f"{prefix}{n}",
            about=ABOUT,
            opened_at=START + timedelta(minutes=moment or 0),
            resolved_at=None if moment is None else START + timedelta(minutes=moment),
        )
        for n, moment in enumerate(moments)
    )


def listing(order: str, branches: bool = False) -> KeysetList[Incident]:
    rows = Incident.objects.filter(about=ABOUT)
    parts = (rows.filter(kind__lt="k5"), rows.filter(kind__gte="k5")) if branches else ()
    return KeysetList(rows, order, parts)


def forward(order: str, limit: int, branches: bool = False) -> tuple[list[str], str]:
    """The kinds seen from the beginning on, and the cursor before the last page."""
    seen, cursor, last = [], "", ""
    while True:
        page = listing(order, branches).page(cursor, limit)
        seen += [row.kind for row in page.items]
        last = page.previous
        if not page.next:
            return seen, last
        cursor = page.next


def back(order: str, limit: int, cursor: str, branches: bool = False) -> list[str]:
    seen: list[str] = []
    while cursor:
        page = listing(order, branches).page(cursor, limit)
        seen = [row.kind for row in page.items] + seen
        cursor = page.previous
    return seen


class AnyRows(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(MOMENTS, max_size=14),
        st.sampled_from(["resolved_at", "-resolved_at", "opened_at", "-opened_at", "id", "-id", "kind"]),
        st.integers(1, 5),
        st.booleans(),
    )
    def test_each_row_is_seen_once_forward_and_back(
        self, moments: list[int | None], order: str, limit: int, branches: bool
    ) -> None:
        make(moments)
        everything = [row.kind for row in listing(order).page("", 200).items]

        seen, last = forward(order, limit, branches)
        before_last = back(order, limit, last, branches)

        assert sorted(seen) == sorted(f"k{n}" for n in range(len(moments)))
        assert seen == everything
        assert before_last == seen[: len(before_last)]
        assert len(before_last) + len(seen[len(before_last) :]) == len(seen)
        assert len(seen) - len(before_last) <= limit

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(MOMENTS, min_size=4, max_size=12),
        st.lists(MOMENTS, max_size=6),
        st.sampled_from(["resolved_at", "-resolved_at", "-opened_at"]),
        st.integers(1, 3),
    )
    def test_rows_added_meanwhile_hide_none_of_the_others(
        self, moments: list[int | None], added: list[int | None], order: str, limit: int
    ) -> None:
        make(moments)
        page = listing(order).page("", limit)
        seen = [row.kind for row in page.items]
        make(added, "new")
        while page.next:
            page = listing(order).page(page.next, limit)
            seen += [row.kind for row in page.items]

        assert [kind for kind in seen if kind.startswith("k")] == sorted(
            (f"k{n}" for n in range(len(moments))), key=[r.kind for r in listing(order).page("", 200).items].index
        )
        assert len(seen) == len(set(seen))


@pytest.mark.django_db
def test_rows_without_a_value_come_last_in_both_directions() -> None:
    make([2, None, 1])

    assert forward("resolved_at", 2)[0] == ["k2", "k0", "k1"]
    assert forward("-resolved_at", 2)[0] == ["k0", "k2", "k1"]


@pytest.mark.django_db
def test_a_cursor_of_another_order_is_refused() -> None:
    make([1, 2, 3])
    cursor = listing("opened_at").page("", 1).next

    with pytest.raises(Invalid, match="not a cursor"):
        listing("-opened_at").page(cursor)


@pytest.mark.django_db
def test_a_text_that_looks_like_a_day_stays_a_text() -> None:
    Incident.objects.create(kind="20260102", about=ABOUT)
    Incident.objects.create(kind="20260103", about=ABOUT)

    assert forward("kind", 1)[0] == ["20260102", "20260103"]
