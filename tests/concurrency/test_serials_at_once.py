"""Two at once at one unit: one has it in hand, the other is told who; nobody deals away what is in a hand."""

from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError

from core.actors import SYSTEM
from core.invariants import disagreements
from core.problems import Conflict, Invalid
from fulfillment import floor
from fulfillment.models import PickedSerial
from inventory.models import SerialNumber
from inventory.serials import meeting
from inventory.serials.gone import mark_gone
from inventory.serials.registering import Named, register
from tests.concurrency.lined_up import all_at_once
from tests.factories.orders import PICKER, released
from tests.factories.serials import asked_of, registered, serial
from tests.factories.world import VASE, World, small_world

NUMBER_HELD, VARIANT_HELD = "SELECT FROM inventory_serialnumber", "SELECT FROM catalog_variant"


def a_world() -> World:
    world = small_world(stock=10, store_stock=0)
    asked_of(world.variants[VASE])
    registered(world.variants[VASE], world.warehouse, "V-1")
    return world


def two_scan_the_same_unit(held: str, code: str = "V-1") -> list[Any]:
    """Each for an order of their own."""
    a_world()
    both = [released({VASE: 1}) for _ in range(2)]
    scans = [partial(floor.scan, work, code, actor=PICKER, line_id=o.lines.get().pk) for o, (work,) in both]
    return all_at_once(scans, held)


def test_of_two_who_scan_a_unit_one_has_it_and_the_other_is_told_who(fresh_database: str) -> None:
    said = two_scan_the_same_unit(NUMBER_HELD)
    (refused,) = [each for each in said if isinstance(each, Exception)]
    assert isinstance(refused, Conflict)
    holder = PickedSerial.objects.get().fulfillment_line.fulfillment_order.order
    assert str(refused) == f"V-1 is in hand for order {holder.number} at Lyon warehouse."
    assert disagreements() == []


def test_without_the_lock_only_the_database_stands_in_the_way(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meeting, "LOCK", meeting.LOCK.replace("FOR NO KEY UPDATE OF s", ""))
    said = two_scan_the_same_unit(NUMBER_HELD)
    (broken,) = [each for each in said if isinstance(each, Exception)]
    assert isinstance(broken, IntegrityError) and "pickedserial_in_one_hand" in str(broken)
    assert PickedSerial.objects.count() == 1


def test_a_number_that_nobody_knew_is_made_once(fresh_database: str) -> None:
    said = two_scan_the_same_unit(VARIANT_HELD, "NEW-1")
    (refused,) = [each for each in said if isinstance(each, Exception)]
    assert isinstance(refused, Conflict) and "NEW-1 is in hand for order" in str(refused)
    assert SerialNumber.objects.filter(code="NEW-1").count() == 1
    assert disagreements() == []


def test_two_deliveries_that_name_a_unit_make_it_known_once(fresh_database: str) -> None:
    world = a_world()
    named = Named(world.variants[VASE].pk, world.warehouse.pk, ["NEW-1", "NEW-2"])
    back = Named(world.variants[VASE].pk, world.warehouse.pk, ["NEW-2", "NEW-1"])
    said = all_at_once([partial(register, [each], actor=SYSTEM) for each in (named, back)], VARIANT_HELD)
    (refused,) = [each for each in said if isinstance(each, Exception)]
    assert isinstance(refused, Invalid) and "NEW-1 is known already" in str(refused)
    assert SerialNumber.objects.count() == 3


@pytest.mark.parametrize("is_picked_first", [True, False])
def test_a_unit_is_not_gone_while_somebody_has_it_in_hand(fresh_database: str, is_picked_first: bool) -> None:
    a_world()
    _order, (work,) = released({VASE: 1})
    acts: list[Any] = [
        partial(floor.scan, work, "V-1", actor=PICKER),
        partial(mark_gone, serial("V-1").pk, reason="lost", actor=SYSTEM),
    ]
    said = all_at_once(acts if is_picked_first else acts[::-1], NUMBER_HELD)
    (refused,) = [each for each in said if isinstance(each, Exception)]
    assert isinstance(refused, Conflict)
    assert ("in hand" if is_picked_first else "marked as gone") in str(refused)
    assert disagreements() == []
