"""Units with serial numbers come back: those that left with the very line, once, and no others."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.services import set_serials
from core.db import run
from core.ids import new_id
from core.invariants import disagreements
from core.models import TimelineEntry
from core.problems import Invalid
from fulfillment import floor, shipping
from inventory.services import In, receive
from orders.models import Order, OrderLine
from returns import services as returns
from returns.models import ReturnedSerial, ReturnLine
from tests.factories.orders import PICKER, released, shipped
from tests.factories.people import signed_in
from tests.factories.serials import asked_of, lying, registered, sent_by_number, serial
from tests.factories.world import MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Vases ask for their numbers."""
    world = small_world(stock=20, store_stock=0)
    asked_of(world.variants[VASE])
    return world


def sold(world: World, *codes: str) -> Order:
    return sent_by_number(world.variants[VASE], codes)[0]


def line(order: Order) -> UUID:
    return OrderLine.objects.get(order=order).pk


def back(
    order: Order, world: World, quantity: int, serials: Sequence[str] | None = None, condition: str = "sellable"
) -> list[UUID]:
    given = returns.ReturnInput(order.pk, [returns.Back(line(order), quantity, condition, serials=serials)])
    return returns.receive_and_credit([given], actor=PICKER, location_id=world.store.pk)


def refusal(order: Order, world: World, quantity: int, serials: Sequence[str] | None = None) -> tuple[Any, str]:
    with pytest.raises(Invalid) as refused:
        back(order, world, quantity, serials)
    (error,) = refused.value.errors
    return error["loc"], error["msg"]


def is_sound() -> bool:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    assert disagreements() == []
    run("SET CONSTRAINTS ALL DEFERRED")
    return True


def test_all_units_come_back_without_being_named(world: World) -> None:
    order = sold(world, "V-1", "V-2")
    back(order, world, 2, condition="damaged")
    assert lying("V-1") == lying("V-2") == ("here", "SHOP-PARIS")
    told = TimelineEntry.objects.get(about=serial("V-1").pk, action="serial.return").data
    assert told["order"] == order.number and told["place"] == "Paris shop" and told["rma"].startswith("RMA-")
    assert is_sound()


def test_of_some_units_the_call_says_which(world: World) -> None:
    order = sold(world, "V-1", "V-2", "V-3")
    loc, said = refusal(order, world, 1)
    assert loc == ["returns", 0, "lines", 0, "serials"]
    assert said == f"say which unit of {VASE} came back, by its serial number: V-1, V-2, V-3"
    back(order, world, 1, ["v-2"])
    assert [lying(code)[0] for code in ("V-1", "V-2", "V-3")] == ["sent", "here", "sent"]
    back(order, world, 2)
    assert [lying(code)[0] for code in ("V-1", "V-2", "V-3")] == ["here", "here", "here"]
    assert is_sound()


def test_no_more_than_twenty_choices_are_named(world: World) -> None:
    receive([In(world.variants[VASE].pk, world.warehouse.pk, 5)], source=new_id(), actor=PICKER)
    order = sold(world, *(f"V-{n:02}" for n in range(1, 23)))
    assert refusal(order, world, 1)[1].endswith("V-19, V-20 …")


@pytest.mark.parametrize("code", ["V-9", "never-seen", "é"])
def test_a_swapped_unit_is_not_taken_back(world: World, code: str) -> None:
    registered(world.variants[VASE], world.warehouse, "V-9")
    order = sold(world, "V-1")
    loc, said = refusal(order, world, 1, [code])
    assert loc == ["returns", 0, "lines", 0, "serials", 0]
    assert said == f"no unit with the number {code.upper() if code != 'é' else 'é'} was ever sent"


def test_the_unit_of_another_order_is_named_with_that_order(world: World) -> None:
    order, other = sold(world, "V-1"), sold(world, "V-2")
    _loc, said = refusal(order, world, 1, ["V-2"])
    assert said == f"the unit V-2 was sent with order {other.number}, not with this one"


def test_many_wrong_numbers_take_as_many_statements_as_one(world: World) -> None:
    def counted(*codes: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            refused(codes)
        return len(seen)

    def refused(codes: Sequence[str]) -> None:
        with pytest.raises(Invalid) as wrong:
            back(order, world, 3, codes)
        assert [error["loc"][-1] for error in wrong.value.errors] == list(range(len(codes)))

    sold(world, "V-7", "V-8")
    order = sold(world, "V-1", "V-2", "V-3")
    counted("V-9")
    assert counted("V-8") == counted("V-7", "V-8", "V-9")


def test_a_unit_comes_back_once_and_is_named_once(world: World) -> None:
    order = sold(world, "V-1", "V-2", "V-3")
    back(order, world, 1, ["V-1"])
    assert refusal(order, world, 1, ["V-1"])[1] == "V-1 is back already"
    with pytest.raises(Invalid, match="V-2 stands here twice"):
        back(order, world, 2, ["V-2", "v-2"])
    assert "one for each unit at most" in refusal(order, world, 1, ["V-2", "V-3"])[1]
    assert is_sound()


def test_a_unit_that_came_back_is_sold_and_comes_back_again(world: World) -> None:
    first = sold(world, "V-1")
    back(first, world, 1)
    second = sold(world, "V-1")
    assert refusal(first, world, 1, ["V-1"])[1].startswith("only 0 of")
    back(second, world, 1, ["V-1"])
    assert ReturnedSerial.objects.count() == 2
    assert is_sound()


def test_of_units_some_of_which_left_without_a_number_those_may_come_back_that_have_none(world: World) -> None:
    order, (work,) = released({VASE: 3})
    floor.scan(work, "V-1", actor=PICKER, line_id=line(order))
    set_serials(world.variants[VASE].pk, False, actor=PICKER)
    floor.pick_all([work], actor=PICKER)
    floor.pack([work], actor=PICKER)
    shipping.ship([work], actor=PICKER)
    back(order, world, 1, [])
    assert lying("V-1") == ("sent", "")
    back(order, world, 2)
    assert lying("V-1") == ("here", "SHOP-PARIS")
    assert is_sound()


def test_an_authorised_return_is_received_by_its_numbers(world: World) -> None:
    order = sold(world, "V-1", "V-2")
    made = returns.request_return(order.pk, [returns.Asked(line(order), 1, "")], actor=PICKER)
    with pytest.raises(Invalid, match="say which unit"):
        returns.receive_and_credit([made.pk], actor=PICKER)
    returns.receive_and_credit([made.pk], actor=PICKER, numbers={line(order): ["V-2"]}, location_id=world.store.pk)
    named = ReturnedSerial.objects.get()
    assert named.line == ReturnLine.objects.get(parent=made)
    assert lying("V-2") == ("here", "SHOP-PARIS")
    assert is_sound()


def test_a_return_without_numbers_takes_no_statement_more(world: World) -> None:
    def counted() -> int:
        order, _parcels = shipped({MUG: 2})
        given = returns.ReturnInput(order.pk, [returns.Back(line(order), 1)])
        with CaptureQueriesContext(connection) as seen:
            returns.receive_and_credit([given], actor=PICKER, location_id=world.store.pk)
        return len(seen)

    counted()
    before = counted()
    sold(world, "V-1")
    assert counted() == before


# The order page


def test_of_a_line_with_numbers_the_form_takes_back_the_unit_that_has_none(world: World) -> None:
    order, (work,) = released({VASE: 2})
    floor.scan(work, "V-1", actor=PICKER, line_id=line(order))
    set_serials(world.variants[VASE].pk, False, actor=PICKER)
    floor.pick_all([work], actor=PICKER)
    floor.pack([work], actor=PICKER)
    shipping.ship([work], actor=PICKER)
    client, page = signed_in("manager"), f"/orders/{order.number}/"
    none = f'name="unnumbered-{line(order)}"'
    assert none in client.get(page).content.decode()
    version = Order.objects.get(pk=order.pk).version
    sent = {"condition": "sellable", "location": str(world.store.pk), "version": f"{version}@0"}
    sent |= {f"units-{line(order)}": "1", f"unnumbered-{line(order)}": "yes"}
    kept = client.post(f"{page}take-back/", sent | {"location": ""}).content.decode()
    assert f'{none} value="yes" checked' in kept
    done = client.post(f"{page}take-back/", sent, follow=True)
    assert "1 unit is taken back" in done.content.decode()
    assert lying("V-1") == ("sent", "")
    assert none not in client.get(page).content.decode()
    assert is_sound()


def test_the_form_of_the_order_page_asks_which_units_came_back(world: World) -> None:
    order = sold(world, "V-1", "V-2")
    client, page = signed_in("manager"), f"/orders/{order.number}/"
    shown = client.get(page).content.decode()
    assert f'name="serials-{line(order)}"' in shown
    assert "V-1, V-2" in shown
    version = Order.objects.get(pk=order.pk).version
    sent = {
        f"units-{line(order)}": "1",
        "condition": "sellable",
        "location": str(world.store.pk),
        "version": f"{version}@0",
    }
    refused = client.post(f"{page}take-back/", sent)
    assert "say which unit of" in refused.content.decode()
    done = client.post(f"{page}take-back/", sent | {f"serials-{line(order)}": "V-2"}, follow=True)
    assert "1 unit is taken back" in done.content.decode()
    assert lying("V-2") == ("here", "SHOP-PARIS")
    assert "(is back)" in client.get(page).content.decode()
