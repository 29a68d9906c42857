"""What pickers and packers get."""

import pytest

from core.actors import SYSTEM
from core.invariants import disagreements
from core.problems import Conflict, Invalid
from fulfillment import floor
from fulfillment.carriers.builtin import is_tracking_number
from fulfillment.models import Shipment
from fulfillment.release import release
from tests.factories.orders import PICKER, buckets, line_ids, packed, released, routed, states
from tests.factories.world import CANDLE, MUG, small_world

pytestmark = pytest.mark.django_db


def test_releasing_twice_releases_once() -> None:
    small_world()
    order, work = routed({MUG: 2})
    assert release(work, actor=SYSTEM) == work
    assert release(work, actor=SYSTEM) == []
    assert buckets(order) == {MUG: {"released": 2}}
    assert disagreements() == []


def test_a_location_accepts_its_work() -> None:
    small_world()
    _, work = released()
    floor.accept(work, actor=PICKER)
    floor.accept(work, actor=PICKER)
    assert states(work) == ["accepted"]
    assert disagreements() == []


def test_work_that_is_not_released_cannot_be_accepted() -> None:
    small_world()
    _, work = routed()
    with pytest.raises(Conflict, match="is planned"):
        floor.accept(work, actor=PICKER)


def test_picking_moves_units_one_scan_at_a_time() -> None:
    small_world()
    order, (work,) = released({MUG: 2, CANDLE: 1})
    assert floor.scan(work, MUG.lower(), actor=PICKER) == line_ids(order)[MUG]
    assert buckets(order)[MUG] == {"released": 1, "picked": 1}
    assert states([work]) == ["picking"]
    assert disagreements() == []


def test_a_scan_too_many_is_refused_in_words() -> None:
    small_world()
    order, (work,) = released({MUG: 1})
    floor.scan(work, MUG, actor=PICKER)
    with pytest.raises(Conflict, match="All 1 of MUG-BLUE are picked already"):
        floor.scan(work, MUG, actor=PICKER)
    assert buckets(order) == {MUG: {"picked": 1}}
    assert disagreements() == []


def test_more_than_is_left_is_refused_and_counts_nothing() -> None:
    small_world()
    order, (work,) = released({MUG: 3})
    with pytest.raises(Conflict, match="Only 3 of MUG-BLUE are left"):
        floor.pick(work, {line_ids(order)[MUG]: 4}, actor=PICKER)
    assert buckets(order) == {MUG: {"released": 3}}
    assert states([work]) == ["released"]


def test_an_article_of_another_order_is_refused() -> None:
    small_world()
    _, (work,) = released({MUG: 1})
    with pytest.raises(Invalid, match="put the article back"):
        floor.scan(work, CANDLE, actor=PICKER)


@pytest.mark.parametrize("quantity", [0, -1])
def test_no_units_cannot_be_picked(quantity: int) -> None:
    small_world()
    order, (work,) = released({MUG: 1})
    with pytest.raises(Invalid, match="at least 1"):
        floor.pick(work, {line_ids(order)[MUG]: quantity}, actor=PICKER)


def test_a_box_is_not_closed_before_all_is_picked() -> None:
    small_world()
    order, (work,) = released({MUG: 2})
    floor.scan(work, MUG, actor=PICKER)
    with pytest.raises(Conflict, match="1 of 2 of MUG-BLUE are missing"):
        floor.pack([work], actor=PICKER)
    assert buckets(order) == {MUG: {"released": 1, "picked": 1}}
    assert disagreements() == []


def test_packing_makes_one_labelled_parcel() -> None:
    small_world()
    order, (work,) = packed({MUG: 2, CANDLE: 1})
    assert floor.pack([work], actor=PICKER) == []
    parcel = Shipment.objects.get()
    assert (parcel.status, parcel.carrier, parcel.service) == ("labelled", "postal", "standard")
    assert is_tracking_number(str(parcel.tracking_number))
    assert parcel.weight_g == 2 * 350 + 200 + floor.PACKAGING_G
    assert parcel.expected_on is not None
    assert parcel.cost == parcel.fulfillment_order.freight_cost > 0
    assert buckets(order) == {MUG: {"packed": 2}, CANDLE: {"packed": 1}}
    assert disagreements() == []


def test_picking_all_of_a_set_counts_only_what_is_left() -> None:
    small_world()
    (one, (first,)), (two, (second,)) = released({MUG: 2}), released({CANDLE: 3})
    floor.scan(first, MUG, actor=PICKER)
    assert floor.pick_all([first, second], actor=PICKER) == [first, second]
    assert floor.pick_all([first, second], actor=PICKER) == []
    assert buckets(one) == {MUG: {"picked": 2}}
    assert buckets(two) == {CANDLE: {"picked": 3}}
    assert disagreements() == []
