"""Filters: what they read in an address, and that nothing in it can harm."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Q
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from core.lists import Choice, Column, Flag, ListSpec, Period, Range, Reference, Several, Tab, Text
from core.models import Incident

FILTERS = (
    Choice(name="state", label="State", choices=[("open", "Open"), ("solved", "Solved")], field="kind"),
    Several(name="kind", label="Kind", choices=[("a", "A"), ("b", "B")]),
    Flag(name="mine", label="Mine", effect=lambda _yes: Q(assignee=None)),
    Text(name="word", label="Word", field="resolution"),
    Reference(name="about", label="About"),
    Period(name="day", since="since", until="until", label="Opened", field="opened_at"),
    Range(name="total", label="Total", field="assignee_id"),
)
SPEC = ListSpec(
    name="things",
    model=Incident,
    title="Things",
    permission="things.view",
    base=lambda user: Incident.objects.all(),
    columns=(Column(name="age", label="Age", value=lambda i: i.opened_at, sort="opened_at"),),
    filters=FILTERS,
    tabs=(Tab(name="all", label="All"),),
    sort="-age",
    search=lambda found, text: found.filter(kind=text),
)
NAMES = [name for each in FILTERS for name in each.names] + ["q", "sort", "columns", "size"]


def read(query: str) -> dict[str, Any]:
    return dict(SPEC.read(QueryDict(query)).values)


def said(query: str) -> list[str]:
    reading = SPEC.read(QueryDict(query))
    return [SPEC.filter(name).chip(value) for name, value in reading.values.items()]


@pytest.mark.parametrize(
    ("query", "chip"),
    [
        ("state=open", "State: Open"),
        ("kind=b&kind=a&kind=a", "Kind: A, B"),
        ("mine=1", "Mine"),
        ("word=blue", "Word: blue"),
        ("total_min=100&total_max=500", "Total: 100 to 500"),
        ("total_min=12,50", "Total: from 12.5"),
        ("day=last-7-days", "Opened: last 7 days"),
        ("since=2025-01-02&until=2025-01-31", "Opened: 2 Jan 2025 to 31 Jan 2025"),
    ],
)
def test_a_chip_says_what_the_list_is_narrowed_by(query: str, chip: str) -> None:
    assert said(query) == [chip]


@pytest.mark.parametrize(
    "query",
    [
        "state=nowhere",
        "kind=c",
        "about=1",
        "day=someday",
        "day=2026-02-30",
        "since=2026-03-01&until=2026-02-01",
        "until=99999-01-01",
        "total_min=NaN",
        "total_min=1e309",
        "total_max=many",
        "total_min=9&total_max=3",
    ],
)
def test_what_cannot_be_read_is_left_out_with_a_note(query: str) -> None:
    reading = SPEC.read(QueryDict(query))

    assert not reading.values
    assert len(reading.notes) == 1


def test_the_same_filters_read_the_same_in_any_order() -> None:
    one = SPEC.read(QueryDict("kind=b&mine=on&kind=a&q=x&cursor=abc"))
    other = SPEC.read(QueryDict("q=x&kind=a&kind=b&mine=1&unknown=1"))

    assert one.query == other.query == "kind=a&kind=b&mine=1&q=x"


def test_a_span_that_moves_is_kept_by_its_name() -> None:
    assert SPEC.read(QueryDict("day=today")).query == "day=today"
    assert SPEC.read(QueryDict("day=2026-01-05")).values["day"].first == date(2026, 1, 5)


def test_an_order_that_does_not_exist_is_told() -> None:
    reading = SPEC.read(QueryDict("sort=--age"))

    assert reading.order == "-opened_at"
    assert reading.notes


def test_ends_of_a_range_are_exact() -> None:
    assert read("total_min=0.10") == {"total": (Decimal("0.10"), None)}


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.text(max_size=30)), max_size=8))
def test_no_address_breaks_a_list(pairs: list[tuple[str, str]]) -> None:
    query = QueryDict(mutable=True)
    for name, value in pairs:
        query.appendlist(name, value)

    reading = SPEC.read(query)
    again = SPEC.read(QueryDict(reading.query))

    assert again.query == reading.query
    str(reading.narrow(Incident.objects.all()).query)


def test_two_filters_cannot_share_a_name() -> None:
    with pytest.raises(ValueError, match="same name"):
        SPEC.with_more(filters=(Flag(name="since", label="Since"),))
