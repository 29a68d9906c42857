"""Serial numbers on the floor: one unit is in one hand, a box is closed with all its numbers, a parcel keeps them."""

from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from catalog.services import set_serials
from core import outbox
from core.actors import SYSTEM
from core.db import run
from core.invariants import disagreements
from core.models import TimelineEntry
from core.problems import Conflict, Invalid
from fulfillment import amend, floor, shipping
from fulfillment.models import FulfillmentLine, Shipment
from fulfillment.serials import AskSerial, take_out
from inventory.holdings.bins import make_bins
from inventory.holdings.lots import close_lot
from inventory.models import Lot, SerialNumber
from inventory.serials.gone import find_again, mark_gone
from inventory.services import adjust
from orders.models import OrderLine
from tests.factories.holdings import lot_of, receive_lot
from tests.factories.orders import PICKER, packed, released
from tests.factories.people import signed_in
from tests.factories.serials import asked_of, in_hand, lying, registered, sent_by_number, serial
from tests.factories.world import CANDLE, MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Vases ask for their numbers; V-1 to V-3 are known to lie at Lyon."""
    world = small_world(stock=10, store_stock=0)
    asked_of(world.variants[VASE])
    registered(world.variants[VASE], world.warehouse, "V-1", "V-2", "V-3")
    return world


def work_of(units: int, **more: int) -> tuple[Any, UUID]:
    order, (work,) = released({VASE: units} | more)
    return order, work


def line(work: UUID, sku: str = VASE) -> UUID:
    return FulfillmentLine.objects.get(fulfillment_order=work, order_line__sku=sku).order_line_id


def history(code: str) -> list[str]:
    rows = TimelineEntry.objects.filter(about=serial(code).pk).order_by("at", "id")
    return list(rows.values_list("action", flat=True))


def is_sound() -> bool:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    assert disagreements() == []
    run("SET CONSTRAINTS ALL DEFERRED")
    return True


def test_each_unit_is_scanned_and_the_parcel_keeps_its_numbers(world: World) -> None:
    _order, work = work_of(2)
    floor.scan(work, "v-1", actor=PICKER)
    floor.scan(work, " V-2 ", actor=PICKER)
    assert in_hand(work) == ["V-1", "V-2"]
    assert lying("V-1") == ("here", "DC-LYON")
    floor.pack([work], actor=PICKER)
    shipping.ship([work], actor=PICKER)
    assert [lying(code) for code in ("V-1", "V-2", "V-3")] == [("sent", ""), ("sent", ""), ("here", "DC-LYON")]
    assert history("V-1") == ["serial.receive", "serial.pick", "serial.send"]
    assert is_sound()


def test_scanning_the_article_asks_for_its_number(world: World) -> None:
    _order, work = work_of(1)
    with pytest.raises(AskSerial, match="scan the serial number of this unit"):
        floor.scan(work, VASE, actor=PICKER)
    assert in_hand(work) == []


def test_a_number_that_nobody_knows_is_made_where_it_is_picked(world: World) -> None:
    _order, work = work_of(1)
    with pytest.raises(AskSerial, match="Scan the article first"):
        floor.scan(work, "new-9", actor=PICKER)
    floor.scan(work, "new-9", actor=PICKER, line_id=line(work))
    assert lying("NEW-9") == ("here", "DC-LYON")
    assert history("NEW-9") == ["serial.receive", "serial.pick"]
    assert is_sound()


def test_another_article_is_not_taken_for_a_number(world: World) -> None:
    registered(asked_of(world.variants[CANDLE]), world.warehouse, "C-1")
    _order, work = work_of(1)
    for code in (MUG, CANDLE, "C-1", "with blank", "é"):
        with pytest.raises(Invalid, match="nothing in this order has that"):
            floor.scan(work, code, actor=PICKER)
    assert not SerialNumber.objects.filter(variant=world.variants[VASE]).exclude(code__startswith="V-").exists()


def test_the_code_of_something_else_is_no_number_even_after_the_article(world: World) -> None:
    mug, vase = world.variants[MUG], world.variants[VASE]
    mug.barcode = "4006381333931"
    mug.save()
    Lot.objects.create(variant=mug, code="L1")
    spot = make_bins(world.warehouse.pk, ["A-01"], actor=SYSTEM)[0]
    spot.barcode = "BIN-0001"
    spot.save()
    parcel = Shipment.objects.get(pk=sent_by_number(vase, ["V-3"])[1])
    assert parcel.tracking_number
    _order, work = work_of(2)
    codes = {
        "an article": (MUG, mug.barcode, CANDLE.lower()),
        "a bin": ("a-01", "bin-0001"),
        "a lot": ("l1",),
        "a parcel": (parcel.tracking_number,),
    }
    for kind, each in codes.items():
        for code in each:
            with pytest.raises(Conflict, match=rf"^{code} is the (code|number) of {kind}, not "):
                floor.scan(work, code, actor=PICKER, line_id=line(work))
    for code in ("A-01", "L1", parcel.tracking_number):
        with pytest.raises(Conflict, match=r"not .* of a unit"):
            floor.scan(work, code, actor=PICKER)
    with pytest.raises(AskSerial, match="Scan the article first"):
        floor.scan(work, "3057068108000", actor=PICKER)
    assert in_hand(work) == []
    assert FulfillmentLine.objects.get(fulfillment_order=work).picked == 0


def test_a_new_number_is_of_the_article_that_was_scanned_before_it(world: World) -> None:
    asked_of(world.variants[CANDLE])
    _order, work = work_of(1, **{CANDLE: 1})
    with pytest.raises(AskSerial, match="Scan the article first"):
        floor.scan(work, "NEW-1", actor=PICKER)
    with pytest.raises(AskSerial) as asked:
        floor.scan(work, CANDLE, actor=PICKER)
    floor.scan(work, "NEW-1", actor=PICKER, line_id=UUID(asked.value.extra["line"]))
    assert serial("NEW-1").variant.sku == CANDLE
    with pytest.raises(AskSerial, match="Scan the article first"):
        floor.scan(work, "NEW-2", actor=PICKER, line_id=UUID(asked.value.extra["line"]))  # all candles are picked
    floor.scan(work, "NEW-2", actor=PICKER, line_id=line(work))
    assert serial("NEW-2").variant.sku == VASE
    assert is_sound()


def test_a_unit_that_was_sent_is_refused_with_its_order(world: World) -> None:
    order, _parcel = sent_by_number(world.variants[VASE], ["V-1"])
    _other, work = work_of(1)
    with pytest.raises(
        Conflict, match=rf"V-1 was sent with order {order.number} \(today .*\): take it back by a return"
    ):
        floor.scan(work, "V-1", actor=PICKER)


def test_a_unit_that_is_gone_is_refused_until_it_is_found(world: World) -> None:
    mark_gone(serial("V-1").pk, reason="stolen", actor=SYSTEM)
    _order, work = work_of(1)
    with pytest.raises(Conflict, match=r"V-1 is marked as gone \(stolen\)"):
        floor.scan(work, "V-1", actor=PICKER)
    find_again(serial("V-1").pk, world.store.pk, reason="lay in the shop", actor=SYSTEM)
    assert lying("V-1") == ("here", "SHOP-PARIS")
    floor.scan(work, "V-1", actor=PICKER)
    assert lying("V-1") == ("here", "DC-LYON")
    assert history("V-1") == ["serial.receive", "serial.gone", "serial.found", "serial.seen", "serial.pick"]
    assert is_sound()


def test_a_unit_in_other_hands_is_refused_with_that_order(world: World) -> None:
    (first, one), (_second, other) = work_of(1), work_of(1)
    floor.scan(one, "V-1", actor=PICKER)
    with pytest.raises(Conflict, match=f"V-1 is in hand for order {first.number} at Lyon warehouse"):
        floor.scan(other, "V-1", actor=PICKER)
    with pytest.raises(Conflict, match=f"V-1 is in hand for order {first.number}"):
        mark_gone(serial("V-1").pk, reason="lost", actor=SYSTEM)
    assert in_hand(other) == []


def test_the_same_unit_is_not_scanned_twice(world: World) -> None:
    _order, work = work_of(3)
    floor.scan(work, "V-1", actor=PICKER)
    with pytest.raises(Conflict, match="V-1 is in this box already"):
        floor.scan(work, "V-1", actor=PICKER)
    with pytest.raises(Invalid, match="stands here twice"):
        floor.pick(work, {line(work): 2}, actor=PICKER, numbers={line(work): ["V-2", "v-2"]})


def test_units_picked_without_numbers_are_not_packed_before_these_are_scanned(world: World) -> None:
    _order, work = work_of(3)
    floor.pick_all([work], actor=PICKER)
    with pytest.raises(Conflict, match=f"3 units of {VASE} have no serial number yet"):
        floor.pack([work], actor=PICKER)
    floor.scan(work, "V-1", actor=PICKER)
    floor.scan(work, "NEW-1", actor=PICKER, line_id=line(work))
    with pytest.raises(Conflict, match=f"1 unit of {VASE} has no serial number yet"):
        floor.pack([work], actor=PICKER)
    floor.scan(work, "V-2", actor=PICKER)
    with pytest.raises(Conflict, match="picked already"):
        floor.scan(work, "V-3", actor=PICKER)
    floor.pack([work], actor=PICKER)
    assert in_hand(work) == ["V-1", "NEW-1", "V-2"]
    assert is_sound()


def test_no_more_numbers_than_units_and_none_for_an_article_that_asks_for_none(world: World) -> None:
    _order, work = work_of(2, **{MUG: 1})
    with pytest.raises(Invalid, match="2 numbers are too many"):
        floor.pick(work, {line(work): 1}, actor=PICKER, numbers={line(work): ["V-1", "V-2"]})
    with pytest.raises(Invalid, match="does not ask for serial numbers"):
        floor.pick(work, {line(work, MUG): 1}, actor=PICKER, numbers={line(work, MUG): ["M-1"]})


def test_units_cancelled_out_of_a_box_set_all_numbers_free_as_nobody_knows_which_is_left(world: World) -> None:
    order, work = work_of(3)
    for code in ("V-1", "V-2", "V-3"):
        floor.scan(work, code, actor=PICKER)
    floor.pack([work], actor=PICKER)
    amend.cancel(order.pk, actor=SYSTEM, reason="fewer", lines=[(OrderLine.objects.get(order=order).pk, 2)])
    assert in_hand(work) == []
    assert history("V-1") == history("V-3") == ["serial.receive", "serial.pick", "serial.put_back"]
    with pytest.raises(Conflict, match=f"1 unit of {VASE} has no serial number yet"):
        floor.pack([work], actor=PICKER)
    floor.scan(work, "V-3", actor=PICKER)
    floor.pack([work], actor=PICKER)
    assert in_hand(work) == ["V-3"]
    assert is_sound()
    amend.cancel(order.pk, actor=SYSTEM, reason="none")
    assert in_hand(work) == []
    assert lying("V-3") == ("here", "DC-LYON")
    assert is_sound()


def test_units_cancelled_that_were_picked_without_numbers_leave_the_others_theirs(world: World) -> None:
    order, work = work_of(3)
    floor.scan(work, "V-1", actor=PICKER)
    floor.pick_all([work], actor=PICKER)
    amend.cancel(order.pk, actor=SYSTEM, reason="fewer", lines=[(OrderLine.objects.get(order=order).pk, 2)])
    assert in_hand(work) == ["V-1"]
    assert is_sound()


# A wrong number


def test_a_number_is_taken_out_and_the_right_one_scanned(world: World) -> None:
    _order, work = work_of(1)
    _other, second = work_of(1)
    floor.scan(work, "V-1", actor=PICKER)
    assert take_out(work, serial("V-1").pk, actor=PICKER) == "V-1"
    assert in_hand(work) == []
    assert history("V-1") == ["serial.receive", "serial.pick", "serial.put_back"]
    with pytest.raises(Conflict, match=f"1 unit of {VASE} has no serial number yet"):
        floor.pack([work], actor=PICKER)
    with pytest.raises(Conflict, match="not in the box any more"):
        take_out(work, serial("V-1").pk, actor=PICKER)
    floor.scan(work, "V-2", actor=PICKER)
    floor.scan(second, "V-1", actor=PICKER)
    with pytest.raises(Conflict, match="not in the box any more"):
        take_out(work, serial("V-1").pk, actor=PICKER)  # it is in another one
    floor.pack([work], actor=PICKER)
    assert (in_hand(work), in_hand(second)) == (["V-2"], ["V-1"])
    assert is_sound()


def test_no_number_is_taken_out_of_a_closed_box_or_one_that_has_left(world: World) -> None:
    _order, work = work_of(1)
    floor.scan(work, "V-1", actor=PICKER)
    for step in (floor.pack, shipping.ship):
        step([work], actor=PICKER)
        with pytest.raises(Conflict, match="The box is closed"):
            take_out(work, serial("V-1").pk, actor=PICKER)
    assert in_hand(work) == ["V-1"]
    assert is_sound()


def test_the_screen_takes_a_number_out(world: World) -> None:
    _order, work = work_of(1)
    floor.scan(work, "V-1", actor=PICKER)
    client, page = signed_in("warehouse"), f"/work/{work}/"
    out = f"{page}serials/{serial('V-1').pk}/out/"
    assert out in client.get(page).content.decode()
    done = client.post(out, follow=True).content.decode()
    assert "V-1 is taken out. Scan the number of the unit in the box." in done
    assert "1 number is missing" in done
    assert "not in the box any more" in client.post(out, follow=True).content.decode()
    floor.scan(work, "V-2", actor=PICKER)
    floor.pack([work], actor=PICKER)
    assert "/out/" not in client.get(page).content.decode()


def test_a_lot_that_is_set_apart_takes_the_numbers_of_its_units_out_too(world: World) -> None:
    vase = world.variants[VASE]
    adjust(vase.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    receive_lot(lot_of(vase, "L1"), world.warehouse, 4)
    _order, work = work_of(2)
    for code in ("V-1", "V-2"):
        floor.scan(work, code, actor=PICKER)
    close_lot(Lot.objects.get(code="L1").pk, reason="a smell", actor=SYSTEM)
    outbox.drain()
    assert in_hand(work) == []
    assert lying("V-2") == ("here", "DC-LYON")
    assert is_sound()


def test_orders_without_numbers_take_no_statement_more(world: World) -> None:
    def statements(*asking: str) -> list[int]:
        counted = []
        _order, work = released({MUG: 2, CANDLE: 1})
        for sku in asking:
            set_serials(world.variants[sku].pk, True, actor=SYSTEM)
        for step in (floor.pick_all, floor.pack, shipping.ship):
            with CaptureQueriesContext(connection) as seen:
                step(work, actor=PICKER)
            counted.append(len(seen))
        return counted

    statements()
    before = statements()
    sent_by_number(world.variants[VASE], ["V-1"])
    assert statements() == before


def test_a_parcel_with_many_numbers_takes_as_many_statements_as_one_with_one(world: World) -> None:
    def leaving(*codes: str) -> int:
        _order, work = work_of(len(codes))
        for code in codes:
            floor.scan(work, code, actor=PICKER, line_id=line(work))
        floor.pack([work], actor=PICKER)
        with CaptureQueriesContext(connection) as seen:
            shipping.ship([work], actor=PICKER)
        return len(seen)

    leaving("V-1")
    assert leaving("V-2") == leaving("V-3", "V-4", "V-5")
    _order, work = packed({MUG: 1})
    with CaptureQueriesContext(connection) as plain:
        shipping.ship(work, actor=PICKER)
    assert leaving("V-6") == len(plain) + 2


def test_a_box_packed_before_the_article_asked_leaves_as_it_is(world: World) -> None:
    _order, work = packed({MUG: 1})
    asked_of(world.variants[MUG])
    shipping.ship(work, actor=PICKER)
    assert is_sound()


def test_sales_of_the_past_are_packed_without_numbers(world: World) -> None:
    _order, work = work_of(1)
    world.channel.is_history = True
    world.channel.save()
    floor.pick_all([work], actor=PICKER)
    assert floor.pack([work], actor=PICKER)


def test_numbers_scanned_before_the_article_asks_no_more_leave_with_the_parcel(world: World) -> None:
    _order, work = work_of(1)
    floor.scan(work, "V-1", actor=PICKER)
    set_serials(world.variants[VASE].pk, False, actor=SYSTEM)
    floor.pack([work], actor=PICKER)
    shipping.ship([work], actor=PICKER)
    assert lying("V-1") == ("sent", "")
    assert is_sound()


# What the database itself refuses


def test_a_unit_is_in_one_hand(world: World) -> None:
    _order, work = work_of(1)
    _other, second = work_of(1)
    floor.scan(work, "V-1", actor=PICKER)
    floor.pick_all([second], actor=PICKER)
    (into,) = FulfillmentLine.objects.filter(fulfillment_order=second)
    with pytest.raises(IntegrityError, match="pickedserial_in_one_hand"), transaction.atomic():
        run(
            "INSERT INTO fulfillment_pickedserial (id, fulfillment_line_id, serial_id, has_left)"
            " SELECT gen_random_uuid(), %(line)s, serial_id, false FROM fulfillment_pickedserial",
            {"line": into.pk},
        )


def test_no_line_has_more_numbers_than_units(world: World) -> None:
    _order, work = work_of(1)
    floor.scan(work, "V-1", actor=PICKER)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in (
        "INSERT INTO fulfillment_pickedserial (id, fulfillment_line_id, serial_id, has_left) SELECT gen_random_uuid(),"
        " k.fulfillment_line_id, s.id, false FROM fulfillment_pickedserial k, inventory_serialnumber s WHERE s.code = 'V-2'",
        "UPDATE fulfillment_fulfillmentline SET picked = 0",
    ):
        with pytest.raises(IntegrityError, match="more serial numbers than units"), transaction.atomic():
            run(statement)


def test_the_units_of_a_parcel_that_has_left_stay_as_they_are(world: World) -> None:
    sent_by_number(world.variants[VASE], ["V-1"])
    for statement in ("DELETE FROM fulfillment_pickedserial", "UPDATE fulfillment_pickedserial SET has_left = false"):
        with pytest.raises(IntegrityError, match="stay as they are"), transaction.atomic():
            run(statement)


def test_the_invariants_see_a_unit_that_is_sent_without_a_parcel(world: World) -> None:
    sent_by_number(world.variants[VASE], ["V-1"])
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("ALTER TABLE fulfillment_pickedserial DISABLE TRIGGER pickedserial_kept")
    run("DELETE FROM fulfillment_pickedserial")
    assert any("V-1 of VASE-L is sent; its last parcel has left: f" in each for each in disagreements())


# The screen


def test_the_screen_asks_for_the_number_and_then_for_those_that_are_missing(world: World) -> None:
    _order, work = work_of(2)
    client, scan = signed_in("warehouse"), f"/work/{work}/scan/"
    part = {"HX-Request": "true"}
    asked = client.post(scan, {"code": VASE}, headers=part)
    assert asked.status_code == 409
    page = asked.content.decode()
    assert f"{VASE}: scan the serial number of this unit." in page
    assert f'name="line" value="{line(work)}"' in page
    counted = client.post(scan, {"code": "NEW-1", "line": str(line(work))}, headers=part)
    assert counted.status_code == 200
    assert "NEW-1" in counted.content.decode()
    client.post(f"/work/{work}/pick-all/")
    page = client.get(f"/work/{work}/").content.decode()
    assert "1 number is missing" in page
    assert "1 serial number is missing" in page
    assert "Close the box and label it" not in page
    assert client.post(scan, {"code": "V-1"}, headers=part).status_code == 200
    assert "Close the box and label it" in client.get(f"/work/{work}/").content.decode()


def test_the_screen_remembers_the_article_for_a_row_of_boxes(world: World) -> None:
    _order, work = work_of(3)
    client, scan = signed_in("warehouse"), f"/work/{work}/scan/"
    part, before = {"HX-Request": "true"}, {"line": str(line(work))}
    field = f'name="line" value="{line(work)}"'
    assert field not in client.post(scan, {"code": "V-1"}, headers=part).content.decode()  # nobody scanned the article
    assert client.post(scan, {"code": "NEW-2"}, headers=part).status_code == 409
    assert field in client.post(scan, {"code": "NEW-2"} | before, headers=part).content.decode()
    last = client.post(scan, {"code": "NEW-3"} | before, headers=part)
    assert last.status_code == 200
    assert field not in last.content.decode()
    assert in_hand(work) == ["V-1", "NEW-2", "NEW-3"]


def test_the_screen_remembers_the_article_without_a_script_too(world: World) -> None:
    _order, work = work_of(1)
    page = signed_in("warehouse").post(f"/work/{work}/scan/", {"code": VASE}, follow=True).content.decode()
    assert f'name="line" value="{line(work)}"' in page


def test_the_papers_and_the_parcel_name_the_units(world: World) -> None:
    _order, parcel = sent_by_number(world.variants[VASE], ["V-1", "V-2"])
    client = signed_in("warehouse")
    page = client.get(f"/work/parcels/{parcel}/").content.decode()
    assert "V-1" in page and "V-2" in page
    slip = PdfReader(BytesIO(client.get(f"/work/parcels/{parcel}/slip.pdf").content))
    words = " ".join(slip.pages[0].extract_text().split())
    assert "V-1, V-2" in words


def test_only_who_works_at_the_place_sees_the_number_of_the_parcel(world: World) -> None:
    _order, parcel = sent_by_number(world.variants[VASE], ["V-1"])
    number, page = Shipment.objects.get(pk=parcel).tracking_number, f"/serials/{serial('V-1').pk}/"
    assert number
    assert signed_in("warehouse", location_id=world.warehouse.pk).get(page).content.decode().count(number) == 2
    elsewhere = signed_in("warehouse", location_id=world.store.pk).get(page)
    assert elsewhere.status_code == 200
    assert number not in elsewhere.content.decode()
