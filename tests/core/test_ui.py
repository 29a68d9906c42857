from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from core.charts import Point, columns, nice_top, polyline
from core.templatetags.ui import age, money, quantity_parts, say_day
from core.wording import KINDS, word
from fulfillment.states import FULFILLMENT_ORDER, SHIPMENT
from orders.states import ORDER_STATES
from payments.states import PAYMENT
from returns.states import RETURN

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("days", "english", "french"),
    [(0, "Today", None), (4, "Fri 27", "ven. 27"), (-40, "14 Oct", "14 oct."), (400, "28 Dec 2027", "28 déc. 2027")],
)
def test_days_are_said_as_people_say_them(days: int, english: str, french: str | None) -> None:
    day = MONDAY + timedelta(days=days)

    with translation.override("en"):
        assert say_day(day, MONDAY) == english
    if french:
        with translation.override("fr"):
            assert say_day(day, MONDAY) == french


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "0 min"), (59, "59 min"), (112, "1 h 52"), (700, "11 h"), (5000, "3 days")]
)
def test_ages_are_coarse(minutes: int, said: str) -> None:
    assert age(timedelta(minutes=minutes)) == said


def test_a_letter_never_touches_a_figure_in_money() -> None:
    with translation.override("en"):
        assert money(Decimal("131"), "CHF") == "CHF\u00a0131.00"
        assert money(None, "EUR") == "—"


def test_a_component_sees_its_parameters_only_and_renders_its_slots() -> None:
    template = Template(
        '{% component "panel" title="Outer" %}{% slot "actions" %}<b>{{ word }}</b>{% endslot %}'
        '{% component "panel" %}{{ word }}{% endcomponent %}{% endcomponent %}'
    )

    text = template.render(Context({"word": "<x>"}))

    assert text.count("Outer") == 1
    assert "<b>&lt;x&gt;</b>" in text
    assert text.count("&lt;x&gt;") == 2


@pytest.mark.parametrize(
    ("kind", "states"),
    [
        ("order", ORDER_STATES),
        ("fulfillment", {s for sources, target in FULFILLMENT_ORDER.table.values() for s in (*sources, target)}),
        ("shipment", {s for sources, target in SHIPMENT.table.values() for s in (*sources, target)}),
        ("payment", {s for sources, target in PAYMENT.table.values() for s in (*sources, target)}),
        ("return", {s for sources, target in RETURN.table.values() for s in (*sources, target)}),
    ],
)
def test_every_state_has_a_word(kind: str, states: set[str]) -> None:
    assert set(states) <= set(KINDS[kind])


def test_an_unknown_state_still_shows_itself() -> None:
    assert word("gone_fishing").text == "Gone fishing"


def test_the_bar_of_a_line_is_always_full() -> None:
    parts = quantity_parts({"shipped": 1, "picked": 1, "cancelled": 1})

    assert [part["text"] for part in parts] == ["1 shipped", "1 picked", "1 cancelled"]
    assert sum(part["width"] for part in parts) == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize(("highest", "top"), [(0, 3), (3, 3), (7, 15), (402, 600), (1000, 1500)])
def test_the_top_of_a_chart_is_round_and_high_enough(highest: int, top: int) -> None:
    assert nice_top(highest) == top
    assert top >= highest


def test_a_chart_marks_now_and_stays_in_its_box() -> None:
    chart = columns([Point("a", 3), Point("b", 9, now=True)])

    assert [bar.now for bar in chart.bars] == [False, True]
    assert all(bar.y >= 0 and bar.y + bar.height <= chart.base for bar in chart.bars)
    assert all(bar.x + bar.width <= chart.width for bar in chart.bars)


def test_a_curve_of_one_value_is_a_middle_line() -> None:
    assert polyline([5.0]) == "0.0,14.0"
    assert polyline([]) == ""


@pytest.mark.parametrize(("language", "top"), [("en", "1,500"), ("fr", "1\u202f500")])
def test_the_grid_of_a_chart_is_numbered_as_the_reader_writes(language: str, top: str) -> None:
    with translation.override(language):
        assert columns([Point("Mon", 1_400)]).grid[-1].label == top


def test_a_moment_of_today_is_its_time() -> None:
    text = Template("{{ at|when }}").render(Context({"at": timezone.now()}))

    assert f"{timezone.localtime():%H:%M}" in text
