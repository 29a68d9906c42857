"""What the preview of a cancellation says is what the cancellation then does, to the cent and to the unit."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from backoffice.cancel_preview import preview
from core.actors import SYSTEM
from core.db import rows
from core.invariants import disagreements
from core.problems import Conflict
from fulfillment import amend
from inventory.models import Stock
from orders.models import Order
from tests.factories.orders import packed, placed, released, routed, shipped
from tests.factories.people import signed_in
from tests.factories.world import CANDLE, MUG, World, small_world

pytestmark = pytest.mark.django_db
MADE: dict[str, Callable[[], Order]] = {
    "placed": lambda: placed({MUG: 3, CANDLE: 2}),
    "routed": lambda: routed({MUG: 3, CANDLE: 2})[0],
    "released": lambda: released({MUG: 3, CANDLE: 2})[0],
    "packed": lambda: packed({MUG: 3, CANDLE: 2})[0],
}


@pytest.fixture
def world() -> World:
    return small_world()


def promised() -> int:
    return sum(Stock.objects.values_list("reserved", flat=True)) + sum(
        Stock.objects.values_list("allocated", flat=True)
    )


def state(order: Order) -> Any:
    """Everything of the order, its stock and its timeline that a preview must leave as it was."""
    order.refresh_from_db()
    lines = list(order.lines.order_by("position").values())
    told = rows("SELECT count(*) AS n FROM core_timelineentry WHERE about = %(id)s", {"id": order.pk})[0].n
    sent = rows("SELECT count(*) AS n FROM core_event WHERE about = %(id)s", {"id": order.pk})[0].n
    return order.version, order.status, lines, promised(), told, sent


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "a part"])
@pytest.mark.parametrize("name", MADE)
def test_it_says_what_will_be_and_changes_nothing(name: str, whole: bool, world: World) -> None:
    order = MADE[name]()
    lines = None if whole else [(order.lines.get(sku=MUG).pk, 2)]
    before = state(order)

    told = preview(order.pk, lines, actor=SYSTEM)

    assert state(order) == before
    amend.cancel(order.pk, actor=SYSTEM, reason="x", lines=lines)
    order.refresh_from_db()
    assert told.status == (before[1], order.status)
    assert told.units == sum(line.cancelled for line in order.lines.all())
    assert sum(freed.units for freed in told.freed) == before[3] - promised()
    assert told.value[0] == order.total
    assert (told.value[1] == 0) == whole
    assert told.less > 0
    assert disagreements() == []


def test_two_parts_come_to_the_whole_to_the_cent(world: World) -> None:
    order = placed({MUG: 3})
    line = order.lines.get()
    first = preview(order.pk, [(line.pk, 1)], actor=SYSTEM).less
    amend.cancel(order.pk, actor=SYSTEM, reason="x", lines=[(line.pk, 1)])

    rest = preview(order.pk, None, actor=SYSTEM)

    assert first + rest.less == order.total
    assert rest.value == (order.total - first, Decimal(0))


def test_what_cannot_be_cancelled_is_refused_in_the_same_words(world: World) -> None:
    order, _ = shipped({MUG: 1})

    with pytest.raises(Conflict) as told:
        preview(order.pk, None, actor=SYSTEM)
    with pytest.raises(Conflict) as done:
        amend.cancel(order.pk, actor=SYSTEM, reason="x")

    assert told.value.detail == done.value.detail


# The page


@pytest.fixture
def clerk(world: World) -> Client:
    return signed_in("clerk")


def test_the_page_shows_it_before_anything_is_done(clerk: Client) -> None:
    order = placed({MUG: 3})

    text = clerk.get(f"/orders/{order.number}/cancel/").content.decode()

    assert "Waiting for routing" in text
    assert "Cancelled" in text
    assert "are free for others" in text
    order.refresh_from_db()
    assert order.status == "placed"


def test_it_is_worked_out_again_for_other_units(clerk: Client) -> None:
    order = placed({MUG: 3})
    line = order.lines.get()

    address = f"/orders/{order.number}/cancel/"
    text = clerk.get(address, {f"units-{line.pk}": "1"}, headers={"HX-Target": "preview"}).content.decode()

    assert "1 × " in text
    assert "<html" not in text


@pytest.mark.parametrize("units", ["9", "-1", "x", "1.5", "99999999999", "\0", "٣"])
def test_units_that_make_no_sense_are_told(clerk: Client, units: str) -> None:
    order = placed({MUG: 3})

    answer = clerk.get(f"/orders/{order.number}/cancel/", {f"units-{order.lines.get().pk}": units})

    assert answer.status_code == 200


def test_a_wrong_form_keeps_what_was_typed(clerk: Client) -> None:
    order = placed({MUG: 3})

    answer = clerk.post(f"/orders/{order.number}/cancel/", {f"units-{order.lines.get().pk}": "2", "reason": ""})

    assert answer.status_code == 422
    assert 'value="2"' in answer.content.decode()
    assert "data-error-summary" in answer.content.decode()


def test_nothing_left_is_said_with_the_way_back(clerk: Client) -> None:
    order, _ = shipped({MUG: 1})

    text = clerk.get(f"/orders/{order.number}/cancel/").content.decode()

    assert "Nothing is left to cancel" in text


def test_a_field_that_was_emptied_stays_none_of_it(clerk: Client) -> None:
    order = released({MUG: 2, CANDLE: 1})[0]
    mug, candle = order.lines.order_by("position")
    typed = {f"units-{mug.pk}": "", f"units-{candle.pk}": "1", "reason": ""}

    page = clerk.post(f"/orders/{order.number}/cancel/", typed)

    assert {row.line.pk: row.asked for row in page.context["rows"]} == {mug.pk: 0, candle.pk: 1}
