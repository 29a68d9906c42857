"""The pages of purchase orders: the list, writing and changing one, sending, giving up, and receiving by scan."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.ids import new_id
from core.invariants import disagreements
from inventory.models import Stock, Supply, TallyEntry
from purchasing import ordering
from purchasing.models import PurchaseOrder, Receipt, Vendor
from tests.factories.people import signed_in
from tests.factories.purchases import BUYER, bought, line_of, received, status, vendor, wish
from tests.factories.world import CANDLE, MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=0, store_stock=0)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def typed(lines: list[tuple[str, str, str]], **more: Any) -> dict[str, Any]:
    """What stands in the form."""
    data = {"line-TOTAL_FORMS": len(lines), "line-INITIAL_FORMS": 0, "expected_on": "", "note": "", "save": "1"}
    for i, (sku, quantity, cost) in enumerate(lines):
        data |= {f"line-{i}-sku": sku, f"line-{i}-quantity": quantity, f"line-{i}-unit_cost": cost}
    return {key: value for key, value in (data | more).items() if value is not None}


def version_of(page: str) -> str:
    return page.partition('name="version" value="')[2].partition('"')[0]


def write(client: Client, world: World, lines: list[tuple[str, str, str]], **more: Any) -> Any:
    given = {"vendor": str(Vendor.objects.get().pk), "location": str(world.warehouse.pk)} | more
    return client.post("/purchase-orders/new/", typed(lines, **given))


def test_who_may_not_see_costs_reads_of_units_alone(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10}, cost="3.17")
    ordering.change(order.pk, wish({MUG: 12}, cost="3.17", note="7 × 3.17 is no cost"), actor=BUYER)
    ordering.change(order.pk, wish({MUG: 12}, cost="3.19", note="7 × 3.17 is no cost"), actor=BUYER)
    dock = text(signed_in("warehouse", location_id=world.warehouse.pk).get(f"/purchase-orders/{order.number}/"))
    assert "MUG-BLUE: 10 → 12" in dock
    assert "3.19" not in dock
    assert "10 × 3.17" not in dock
    assert "12 × 3.17 → 12 × 3.19" in text(signed_in("planner").get(f"/purchase-orders/{order.number}/"))


def test_a_form_that_is_sent_twice_is_one_order(world: World) -> None:
    client, _ = signed_in("planner"), vendor()
    key = text(client.get("/purchase-orders/new/")).partition('name="key" value="')[2].partition('"')[0]
    first, again = (write(client, world, [(MUG, "10", "3.5")], key=key) for _ in range(2))
    assert first["Location"] == again["Location"] == f"/purchase-orders/{PurchaseOrder.objects.get().number}/"
    other = write(client, world, [(MUG, "11", "3.5")], key=key)
    assert other.status_code == 422
    assert f"kept as {PurchaseOrder.objects.get().number} before" in text(other)
    new = text(other).partition('name="key" value="')[2].partition('"')[0]
    assert write(client, world, [(MUG, "11", "3.5")], key=new).status_code == 302
    assert PurchaseOrder.objects.count() == 2
    assert write(client, world, [(MUG, "1", "1")], key="no key").status_code == 302


def test_an_order_is_written_sent_and_given_up(world: World) -> None:
    client, _ = signed_in("planner"), vendor()
    response = write(client, world, [(MUG.lower(), "10", "3,50"), ("", "1", ""), (VASE, "2", "9")])
    order = PurchaseOrder.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/purchase-orders/{order.number}/")
    assert line_of(order, MUG) == (10, 0, 0, 0, 10)
    page = text(client.get(response["Location"]))
    assert "€35.00" not in page
    assert "€53.00" in page
    assert "Send to the vendor" in page
    assert client.post(f"/purchase-orders/{order.number}/send/").status_code == 302
    page = text(client.get(f"/purchase-orders/{order.number}/"))
    assert "Nothing has come yet" in page
    assert "sent it to the vendor" in page
    shown = version_of(page)
    client.post(f"/purchase-orders/{order.number}/give-up/", {"reason": "Too dear", "version": shown})
    assert status(order.pk) == "cancelled"
    assert disagreements() == []


@pytest.mark.parametrize(
    ("lines", "more", "words"),
    [
        ([], {}, "name 1 to 500 articles"),
        ([("NO-SUCH", "1", "1")], {}, "no article that is stocked"),
        ([(MUG, "0", "1")], {}, "greater than or equal to 1"),
        ([(MUG, "", "1")], {}, "must be a whole number from 1"),
        ([(MUG, "1", "x")], {}, "is no amount"),
        ([(MUG, "1", "1"), (MUG, "2", "1")], {}, "stands here twice"),
        ([(MUG, "1", "1")], {"vendor": "x"}, "Select a valid choice"),
        ([(MUG, "1", "1")], {"expected_on": "31/02/2026"}, "is no day of the calendar"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    world: World, lines: list[tuple[str, str, str]], more: dict[str, str], words: str
) -> None:
    vendor()
    response = write(signed_in("planner"), world, lines, **more)
    assert response.status_code == 422
    assert words in text(response)
    assert not PurchaseOrder.objects.exists()


def test_lines_are_looked_up_added_and_removed_without_script(world: World) -> None:
    client = signed_in("planner")
    known = bought(world.warehouse, {MUG: 1}, cost="3.1")
    page = client.post("/purchase-orders/new/", typed([], save=None, find=MUG, vendor=str(known.vendor_id)))
    assert f'value="{MUG}"' in text(page)
    assert 'value="3.1000"' in text(page)
    assert "Add" in text(client.get("/stock-find/?find=mug"))
    page = client.post("/purchase-orders/new/", typed([(MUG, "1", "2"), (VASE, "3", "4")], save=None, remove="0"))
    assert page.status_code == 200
    assert MUG not in text(page)
    assert f'value="{VASE}"' in text(page)


def test_who_is_slower_in_changing_is_told(world: World) -> None:
    client, order = signed_in("planner"), bought(world.warehouse, {MUG: 10})
    address = f"/purchase-orders/{order.number}/change/"
    shown = version_of(client.get(address).content.decode())
    ordering.change(order.pk, wish({MUG: 11}), actor=BUYER)
    day = str(order.expected_on)
    response = client.post(address, typed([(MUG, "5", "3.5")], version=shown, expected_on=day))
    assert response.status_code == 412
    assert "changed the purchase order" in text(response)
    assert line_of(order, MUG)[0] == 11
    shown = version_of(client.get(address).content.decode())
    response = client.post(address, typed([(MUG, "5", "3.5")], version=shown, expected_on=day))
    assert (response.status_code, line_of(order, MUG)) == (302, (11, 0, 0, 6, 5))


def test_the_list_and_a_page_take_as_many_statements_however_much_there_is(world: World) -> None:
    client, counts = signed_in("planner"), list[list[int]]()
    for n in (1, 3):
        for _ in range(n):
            order = bought(world.warehouse, {MUG: 3, VASE: 2, CANDLE: 1})
            received(order, {MUG: 1})
            received(order, {VASE: 1})
        counts.append([])
        for address in ("/purchase-orders/", f"/purchase-orders/{order.number}/"):
            client.get(address)
            with CaptureQueriesContext(
                connection,
            ) as seen:
                assert client.get(address).status_code == 200
            counts[-1].append(len(seen))
    assert text(client.get("/purchase-orders/")).count("2 / 6") == 4
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 22


# Receiving by scan


def test_a_delivery_is_scanned_compared_and_booked(world: World) -> None:
    order = bought(world.warehouse, {MUG: 3, CANDLE: 2})
    client = signed_in("warehouse", location_id=world.warehouse.pk)
    dock = f"/purchase-orders/{order.number}/receive/"
    assert "0 of 5 counted" in text(client.get(dock))

    def scan(code: str, **more: Any) -> Any:
        return client.post(f"{dock}scan/", {"code": code, "key": str(new_id())} | more, headers={"HX-Request": "true"})

    key = str(new_id())
    for _ in range(2):
        told = text(scan(MUG, key=key))
    assert "Tableware: 1 of 3" in told
    assert "1 of 5 counted" in told
    assert "Tableware: 4 of 3, 1 too many" in text(scan(MUG, quantity="3"))
    assert "Scented candle: 1 of 2" in text(scan(CANDLE, condition="damaged"))
    for code, words, expected in (
        ("4006381333931", "4006381333931 is no barcode and no SKU of ours. Put it aside.", 422),
        (VASE, f"{VASE} is not waited for here. Put it aside.", 409),
        ("", "That was no barcode.", 422),
    ):
        wrong = scan(code)
        assert (wrong.status_code, words in text(wrong)) == (expected, True)
    assert "A quantity is a whole number" in text(scan(MUG, quantity="many"))
    page = text(client.get(f"{dock}finish/"))
    assert "1 unit was not ordered, or is more than Acme may send." in page
    tally = page.partition('name="tally" value="')[2].partition('"')[0]
    given = {"tally": tally, "version": version_of(page), "note": "DN 1", "rest": "open", "accepted": "on"}
    response = client.post(f"{dock}finish/", given)
    assert (response.status_code, Receipt.objects.count()) == (403, 0), "who may not accept more cannot by a field"
    assert "Tableware: 3 of 3" in text(scan(MUG, quantity="-1"))
    assert client.post(f"{dock}finish/", given).status_code == 412
    given["version"] = version_of(client.get(f"{dock}finish/").content.decode())
    for _ in range(2):
        response = client.post(f"{dock}finish/", given)
        assert (response.status_code, response["Location"]) == (302, f"/purchase-orders/{order.number}/")
    assert Receipt.objects.get().delivery_note == "DN 1"
    stock = Stock.objects.get(variant__sku=CANDLE)
    assert (stock.on_hand, stock.damaged) == (0, 1)
    page = text(client.get(response["Location"]))
    assert "4 units came." in page
    assert "3 received" in page
    assert "€3.50" not in page, "costs are not for the dock"
    assert status(order.pk) == "partly_received"
    assert disagreements() == []


def test_who_may_takes_what_was_not_ordered_and_gives_the_rest_up(world: World) -> None:
    order = bought(world.warehouse, {MUG: 3})
    client = signed_in("manager")
    dock = f"/purchase-orders/{order.number}/receive/"
    scanned = client.post(f"{dock}scan/", {"code": VASE, "key": str(new_id())}, headers={"HX-Request": "true"})
    assert "though nobody ordered it" in text(scanned)
    page = text(client.get(f"{dock}finish/"))
    given = {"tally": page.partition('name="tally" value="')[2].partition('"')[0], "version": version_of(page)}
    refused = client.post(f"{dock}finish/", given | {"rest": "given_up"})
    assert (refused.status_code, "Say why." in text(refused)) == (422, True)
    taken = {"rest": "given_up", "reason": "Sold out", "accepted": "on"}
    assert client.post(f"{dock}finish/", given | taken).status_code == 302
    assert (status(order.pk), line_of(order, VASE)) == ("closed", (0, 1, 0, 0, 0))
    assert "closed" in text(client.get(dock)).lower()
    assert disagreements() == []


def test_all_the_rest_is_counted_and_the_count_begun_anew(world: World) -> None:
    order = bought(world.warehouse, {MUG: 3, CANDLE: 2})
    client = signed_in("warehouse")
    dock = f"/purchase-orders/{order.number}/receive/"
    key = str(new_id())
    for _ in range(2):
        client.post(f"{dock}rest/", {"key": key})
    assert "5 of 5 counted" in text(client.get(dock))
    assert TallyEntry.objects.count() == 2
    client.post(f"{dock}anew/")
    assert "0 of 5 counted" in text(client.get(dock))
    assert client.get(f"{dock}finish/").status_code == 302


def test_people_of_another_place_see_nothing_of_it(world: World) -> None:
    order = bought(world.warehouse, {MUG: 3})
    client = signed_in("warehouse", location_id=world.store.pk)
    assert order.number not in text(client.get("/purchase-orders/"))
    for end in ("", "receive/", "receive/finish/"):
        assert client.get(f"/purchase-orders/{order.number}/{end}").status_code == 404


def test_supply_that_follows_an_order_is_changed_by_the_order_alone(world: World) -> None:
    order, client = bought(world.warehouse, {MUG: 3}), signed_in("manager")
    address = f"/inbound/{Supply.objects.get().pk}/"
    page = text(client.get(address))
    assert f"It follows {order.number}" in page
    assert f'href="/purchase-orders/{order.number}/"' in page
    assert "Nothing more comes…" not in page
    for end, given in (
        ("change", {"due": "2027-01-01", "quantity": "9"}),
        ("arrive", {"quantity": "1"}),
        ("close", {"reason": "x"}),
    ):
        assert client.post(f"{address}{end}/", given).status_code == 409
    assert disagreements() == []


def test_a_vendor_is_set_up_and_changed(world: World) -> None:
    client = signed_in("planner")
    given = {"name": "Verrerie", "code": "VERRE", "country": "fr", "currency": "eur", "lead_days": "9",
             "over_percent": "5", "is_active": "on"}  # fmt: skip
    assert client.post("/vendors/new/", given).status_code == 302
    assert "another vendor has the code VERRE" in text(client.post("/vendors/new/", given))
    page = client.get("/vendors/VERRE/change/").content.decode()
    assert (
        client.post("/vendors/VERRE/change/", given | {"name": "Verrerie SA", "version": version_of(page)}).status_code
        == 302
    )
    assert client.post("/vendors/VERRE/change/", given | {"name": "X", "version": version_of(page)}).status_code == 412
    page = text(client.get("/vendors/VERRE/"))
    assert "Verrerie SA" in page
    assert "changed the vendor" in page
    assert "Verrerie SA" in text(client.get("/vendors/?q=verr"))
