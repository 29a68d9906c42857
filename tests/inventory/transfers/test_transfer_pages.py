"""The pages of transfers: the list, writing and changing one, sending and receiving by scan, writing off."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.days import company_day
from core.ids import new_id
from core.invariants import disagreements
from inventory.models import Transfer
from inventory.transfers import drafting
from tests.factories.people import signed_in
from tests.factories.purchases import BUYER
from tests.factories.transfers import arrived, drafted, on_hand, sent, wish
from tests.factories.world import CANDLE, MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=10, store_stock=0)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def version_of(page: str) -> str:
    return page.partition('name="version" value="')[2].partition('"')[0]


def typed(lines: list[tuple[str, str]], **more: Any) -> dict[str, Any]:
    """What stands in the form."""
    data: dict[str, Any] = {"line-TOTAL_FORMS": len(lines), "line-INITIAL_FORMS": 0, "note": "", "save": "1"}
    data["due_on"] = str(company_day() + timedelta(days=3))
    for i, (sku, quantity) in enumerate(lines):
        data |= {f"line-{i}-sku": sku, f"line-{i}-quantity": quantity}
    return data | more


def scan(client: Client, address: str, code: str, **more: Any) -> Any:
    given = {"code": code, "key": str(new_id())} | more
    return client.post(f"{address}scan/", given, headers={"HX-Request": "true"})


def finish(client: Client, address: str) -> Any:
    page = client.get(f"{address}finish/").content.decode()
    tally = page.partition('name="tally" value="')[2].partition('"')[0]
    return client.post(f"{address}finish/", {"tally": tally, "version": version_of(page), "note": ""})


def test_a_form_that_is_sent_twice_is_one_transfer(world: World) -> None:
    client = signed_in("manager")
    key = client.get("/transfers/new/").content.decode().partition('name="key" value="')[2].partition('"')[0]
    places = {"origin": str(world.warehouse.pk), "target": str(world.store.pk), "key": key}
    first, again = (client.post("/transfers/new/", typed([(MUG, "2")], **places)) for _ in range(2))
    assert first["Location"] == again["Location"]
    assert Transfer.objects.count() == 1
    other = client.post("/transfers/new/", typed([(MUG, "3")], **places))
    assert other.status_code == 422
    assert f"kept as {Transfer.objects.get().number} before" in text(other)
    new = text(other).partition('name="key" value="')[2].partition('"')[0]
    assert client.post("/transfers/new/", typed([(MUG, "3")], **places | {"key": new})).status_code == 302
    assert Transfer.objects.count() == 2


def test_a_transfer_is_written_counted_sent_and_received_by_those_of_its_places(world: World) -> None:
    lyon = signed_in("warehouse", location_id=world.warehouse.pk)
    paris = signed_in("store", location_id=world.store.pk)
    places = {"origin": str(world.warehouse.pk), "target": str(world.store.pk)}
    response = lyon.post("/transfers/new/", typed([(MUG, "4"), (CANDLE, "2")], **places))
    transfer = Transfer.objects.get()
    page = f"/transfers/{transfer.number}/"
    assert (response.status_code, response["Location"]) == (302, page)
    assert "Count and send" not in text(paris.get(page))
    assert paris.get(f"{page}send/count/").status_code == 403
    assert "Tableware: 4 of 4" in text(scan(lyon, f"{page}send/", MUG, quantity="4"))
    over = scan(lyon, f"{page}send/", MUG)
    assert (over.status_code, f"All of {MUG} is counted already" in text(over)) == (409, True)
    assert scan(lyon, f"{page}send/", VASE).status_code == 409
    assert "stays where it is, and this transfer forgets it" in text(lyon.get(f"{page}send/finish/"))
    assert finish(lyon, f"{page}send/")["Location"] == page
    assert "4 units are on their way." in text(lyon.get(page))
    assert on_hand(world.warehouse, MUG) == (6, 0)
    assert (
        "Receive"
        not in text(lyon.get(page)).partition("</header>")[2].partition("page-head")[2].partition("</header>")[0]
    )
    assert lyon.get(f"{page}receive/count/").status_code == 403
    scan(paris, f"{page}receive/", MUG, quantity="2")
    scan(paris, f"{page}receive/", MUG, condition="damaged")
    assert "stays in transit until it is found" in text(paris.get(f"{page}receive/finish/"))
    finish(paris, f"{page}receive/")
    assert on_hand(world.store, MUG) == (2, 1)
    shown = text(paris.get(page))
    assert "1 in transit" in shown
    assert "received 3 units, 1 of them damaged" in shown
    never_came = {"reason": "Never came", "version": version_of(shown)}
    assert paris.post(f"{page}write-off/", never_came).status_code == 403, "who receives does not say what is lost"
    signed_in("manager").post(f"{page}write-off/", never_came)
    transfer.refresh_from_db()
    assert transfer.status == "short"
    assert "wrote 1 unit off" in text(paris.get(page))
    assert disagreements() == []


def test_more_than_is_free_is_told_before_anything_leaves(world: World) -> None:
    transfer = drafted(world.warehouse, world.store, {MUG: 20})
    client = signed_in("manager")
    scan(client, f"/transfers/{transfer.number}/send/", MUG, quantity="20")
    response = finish(client, f"/transfers/{transfer.number}/send/")
    assert response.status_code == 409
    assert f"Only 10 × {MUG} are free at Lyon warehouse" in text(response)
    assert on_hand(world.warehouse, MUG) == (10, 0)


@pytest.mark.parametrize(
    ("lines", "more", "words"),
    [
        ([], {}, "name 1 to 500 articles"),
        ([("NO-SUCH", "1")], {}, "no article that is stocked"),
        ([(MUG, "1")], {"target": "here"}, "choose another place"),
        ([(MUG, "1")], {"due_on": ""}, "This field is required"),
        ([(MUG, "1")], {"due_on": "2050-01-01"}, "give a day within a year"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    world: World, lines: list[tuple[str, str]], more: dict[str, str], words: str
) -> None:
    places = {"origin": str(world.warehouse.pk), "target": str(world.store.pk)} | more
    if places["target"] == "here":
        places["target"] = places["origin"]
    response = signed_in("planner").post("/transfers/new/", typed(lines, **places))
    assert (response.status_code, words in text(response)) == (422, True)
    assert not Transfer.objects.exists()


def test_nobody_sends_from_a_place_that_is_not_theirs(world: World) -> None:
    client = signed_in("warehouse", location_id=world.store.pk)
    places = {"origin": str(world.warehouse.pk), "target": str(world.store.pk)}
    response = client.post("/transfers/new/", typed([(MUG, "1")], **places))
    assert (response.status_code, "Select a valid choice" in text(response)) == (422, True)


def test_who_is_slower_in_changing_is_told_and_under_way_only_the_day_changes(world: World) -> None:
    client, transfer = signed_in("planner"), drafted(world.warehouse, world.store, {MUG: 2})
    address = f"/transfers/{transfer.number}/change/"
    shown = version_of(client.get(address).content.decode())
    drafting.change(transfer.pk, wish({MUG: 3}), actor=BUYER)
    assert client.post(address, typed([(MUG, "9")], version=shown)).status_code == 412
    shown = version_of(client.get(address).content.decode())
    assert client.post(address, typed([(VASE, "1")], version=shown)).status_code == 302
    assert transfer.lines.get().variant.sku == VASE
    moved = sent(world.warehouse, world.store, {MUG: 2})
    address, later = f"/transfers/{moved.number}/change/", str(company_day() + timedelta(days=9))
    page = client.get(address).content.decode()
    assert client.post(address, typed([(MUG, "2")], due_on=later, version=version_of(page))).status_code == 302
    moved.refresh_from_db()
    assert str(moved.due_on) == later
    client.post(f"/transfers/{transfer.number}/cancel/", {"reason": "No need"})
    transfer.refresh_from_db()
    assert transfer.status == "cancelled"


def test_the_list_and_a_page_take_as_many_statements_however_much_there_is(world: World) -> None:
    client, counts = signed_in("planner"), list[list[int]]()
    for n in (1, 3):
        for _ in range(n):
            transfer = sent(world.warehouse, world.store, {MUG: 2, VASE: 1})
            arrived(transfer, {MUG: 1})
        counts.append([])
        for address in ("/transfers/", f"/transfers/{transfer.number}/"):
            client.get(address)
            with CaptureQueriesContext(connection) as seen:
                assert client.get(address).status_code == 200
            counts[-1].append(len(seen))
    assert text(client.get("/transfers/")).count("1 / 3") == 4
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 22
