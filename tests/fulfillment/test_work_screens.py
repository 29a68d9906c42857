"""What a location's people get on their screens, and what those of other places do not."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.invariants import disagreements
from fulfillment import floor, views
from fulfillment.models import FulfillmentLine, FulfillmentOrder, Shipment, TrackingEvent
from fulfillment.selectors import backlog
from inventory.models import Location
from orders.holds import open_hold
from orders.models import Order
from tests.factories.orders import PICKER, buckets, packed, released, shipped, states
from tests.factories.people import signed_in
from tests.factories.world import CANDLE, MUG, small_world

pytestmark = pytest.mark.django_db

FRAGMENT = {"HX-Request": "true"}


def at(place: Location) -> Client:
    """The browser of somebody who works there and nowhere else."""
    return signed_in("store", location_id=place.pk)


def here(work: UUID) -> Location:
    return FulfillmentOrder.objects.get(pk=work).location


def elsewhere(work: UUID) -> Location:
    return Location.objects.exclude(pk=here(work).pk).first()  # type: ignore[return-value]


def listed(client: Client, tab: str = "") -> str:
    return str(client.get(reverse("work"), {"tab": tab} if tab else {}).content.decode())


def scanned(client: Client, work: UUID, code: str) -> Any:
    return client.post(reverse("work-scan", args=[work]), {"code": code}, headers=FRAGMENT)


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"]) if answer.context else ""


# The list


def test_work_is_listed_by_stage_with_its_counts() -> None:
    small_world()
    order, (work,) = released({MUG: 2})
    client = at(here(work))
    assert order.number in listed(client) and order.number not in listed(client, "pack")

    floor.pick_all([work], actor=PICKER)
    assert order.number in listed(client, "pack") and order.number not in listed(client)
    floor.pack([work], actor=PICKER)
    assert order.number in listed(client, "ship")
    client.post(reverse("work-ship", args=[work]), {"carrier": "postal", "tracking_number": "ML1"})
    assert order.number in listed(client, "done") and order.number not in listed(client, "ship")


def test_somebody_with_one_place_sees_its_work_and_no_other() -> None:
    small_world()
    order, (work,) = released({MUG: 1})

    assert order.number in listed(at(here(work)))
    assert order.number not in listed(at(elsewhere(work)))
    asked = at(elsewhere(work)).get(reverse("work"), {"at": here(work).code}).content.decode()
    assert order.number not in asked


def test_somebody_with_every_place_chooses_first() -> None:
    small_world()
    order, (work,) = released({MUG: 1})
    manager = signed_in("manager")
    choice = listed(manager)

    assert "Where do you work?" in choice and here(work).name in choice and elsewhere(work).name in choice
    assert order.number in manager.get(reverse("work"), {"at": here(work).code}).content.decode()


def test_a_place_that_was_switched_off_is_shown_until_its_work_is_done() -> None:
    small_world()
    order, (work,) = released({MUG: 1})
    place, manager = here(work), signed_in("manager")
    Location.objects.update(is_active=False)
    assert order.number in listed(at(place)) and order.number in listed(manager)

    FulfillmentOrder.objects.update(status="cancelled")
    assert place.name not in listed(at(place)) and place.name not in listed(manager)


def test_what_is_promised_soonest_comes_first_on_every_page(monkeypatch: pytest.MonkeyPatch) -> None:
    small_world()
    later, (work,) = released({MUG: 1})
    sooner, (other,) = released({MUG: 1})
    someday, (third,) = released({MUG: 1})
    today = timezone.localdate()
    for pk, day in ((work, today + timedelta(days=3)), (other, today), (third, None)):
        Order.objects.filter(fulfillment_orders=pk).update(promise_latest=day)
        FulfillmentOrder.objects.filter(pk=pk).update(promise_latest=day)
    client = at(here(work))
    page = listed(client)
    assert page.index(sooner.number) < page.index(later.number) < page.index(someday.number)

    monkeypatch.setattr(views, "PER_PAGE", 1)
    seen, cursor = [], ""
    for _ in range(3):
        found = client.get(reverse("work"), {"cursor": cursor}).context["page"]
        seen += [each.order.number for each in found.items]
        cursor = found.next
    assert seen == [sooner.number, later.number, someday.number]


def test_late_work_and_held_work_stand_out() -> None:
    small_world()
    order, (work,) = released({MUG: 1})
    Order.objects.update(promise_latest=timezone.localdate() - timedelta(days=1))
    open_hold([order.pk], "manual", actor=PICKER)
    page = listed(at(here(work)))

    assert "tone-red" in page and "On hold" in page


def test_work_that_was_planned_anew_is_late_by_what_the_customer_was_promised() -> None:
    small_world()
    _order, (work,) = released({MUG: 1})
    today = timezone.localdate()
    Order.objects.update(promise_latest=today - timedelta(days=20))
    FulfillmentOrder.objects.update(promise_latest=today + timedelta(days=1))
    client = at(here(work))
    cards, screen = listed(client), client.get(reverse("work-piece", args=[work])).content.decode()

    assert "tone-red" in cards and "<s" in cards and "Tomorrow" in cards + screen
    assert "late, promised" in screen and "<s" in screen
    assert [row.late for row in backlog()] == [1]
    assert "Late" in client.get("/").content.decode()


@pytest.mark.parametrize(("ahead", "said"), [(1, "the carrier leaves at"), (-1, "the carrier left at")])
def test_the_list_says_whether_the_carrier_has_left(ahead: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = small_world()
    noon = datetime(2026, 7, 6, 12, tzinfo=ZoneInfo(world.store.time_zone))
    Location.objects.update(cut_off=(noon + timedelta(hours=ahead)).time())
    client = at(world.store)
    monkeypatch.setattr(timezone, "now", lambda: noon)

    assert said in listed(client)


@pytest.mark.parametrize("tab", ["pick", "pack", "ship", "done", "nonsense"])
def test_an_empty_stage_says_what_it_is(tab: str) -> None:
    world = small_world()

    assert "Nothing" in listed(at(world.store), tab)


def test_the_list_costs_the_same_however_long_it_is(django_assert_max_num_queries: object) -> None:
    small_world()
    work = [released({MUG: 1})[1][0] for _ in range(4)]
    client = at(here(work[0]))
    listed(client)  # what is behind the entries of the menu is counted once in a while

    with django_assert_max_num_queries(14):  # type: ignore[operator]
        listed(client)


# Picking


def test_a_scan_counts_one_unit_and_answers_with_the_changed_part() -> None:
    small_world()
    order, (work,) = released({MUG: 2})
    answer = scanned(at(here(work)), work, MUG)
    page = answer.content.decode()

    assert answer.status_code == 200
    assert "data-part" in page and "<html" not in page
    assert "1 of 2 picked" in page and "Tableware: 1 of 2" in page
    assert buckets(order)[MUG] == {"released": 1, "picked": 1}


def test_without_script_the_form_does_the_same() -> None:
    small_world()
    _, (work,) = released({MUG: 2})
    client = at(here(work))
    answer = client.post(reverse("work-scan", args=[work]), {"code": MUG}, follow=True)

    assert answer.redirect_chain[-1][0] == reverse("work-piece", args=[work])
    assert said(answer) == "Tableware: 1 of 2"


def test_a_barcode_counts_as_its_article() -> None:
    world = small_world()
    world.variants[MUG].barcode = "3760001000012"
    world.variants[MUG].save()
    _, (work,) = released({MUG: 1})

    assert scanned(at(here(work)), work, "3760001000012").status_code == 200


@pytest.mark.parametrize("code", [CANDLE, "0000000000000", "", "x" * 10_000, "<script>alert(1)</script>", "\x00"])
def test_a_wrong_scan_is_red_says_why_and_counts_nothing(code: str) -> None:
    small_world()
    order, (work,) = released({MUG: 2})
    answer = scanned(at(here(work)), work, code)

    assert answer.status_code == 422
    assert "is-red" in answer.content.decode() and "<script>alert" not in answer.content.decode()
    assert buckets(order) == {MUG: {"released": 2}}


def test_a_scan_too_many_never_counts() -> None:
    small_world()
    order, (work,) = released({MUG: 1, CANDLE: 1})
    client = at(here(work))
    scanned(client, work, MUG)
    answer = scanned(client, work, MUG)

    assert answer.status_code == 409 and "picked already" in answer.content.decode()
    assert FulfillmentLine.objects.get(fulfillment_order=work, order_line__sku=MUG).picked == 1
    assert buckets(order)[MUG] == {"picked": 1}


def test_the_whole_way_from_the_shelf_to_the_carrier() -> None:
    small_world()
    order, (work,) = released({MUG: 1, CANDLE: 1})
    client = at(here(work))
    for step in ("work-accept", "work-pick-all", "work-pack"):
        assert client.post(reverse(step, args=[work])).status_code == 302
    assert states([work]) == ["packed"]

    parcel = Shipment.objects.get(fulfillment_order=work)
    page = client.get(reverse("work-piece", args=[work])).content.decode()
    assert reverse("parcel-label", args=[parcel.pk]) in page and reverse("parcel-slip", args=[parcel.pk]) in page
    client.post(reverse("work-ship", args=[work]), {"carrier": "postal", "tracking_number": parcel.tracking_number})

    assert states([work]) == ["shipped"]
    assert buckets(order) == {MUG: {"shipped": 1}, CANDLE: {"shipped": 1}}
    assert "Handed over" in client.get(reverse("work-piece", args=[work])).content.decode()
    assert disagreements() == []


def test_the_carrier_that_really_came_is_kept() -> None:
    small_world()
    _, (work,) = packed({MUG: 1})
    at(here(work)).post(reverse("work-ship", args=[work]), {"carrier": "Other Post", "tracking_number": "XY 1"})

    parcel = Shipment.objects.get(fulfillment_order=work)
    assert (parcel.carrier, parcel.tracking_number, parcel.status) == ("Other Post", "XY 1", "shipped")


def test_a_held_order_may_be_packed_and_does_not_leave() -> None:
    small_world()
    order, (work,) = packed({MUG: 1})
    open_hold([order.pk], "manual", actor=PICKER)
    client = at(here(work))
    assert "On hold" in client.get(reverse("work-piece", args=[work])).content.decode()
    tracking = {"carrier": "postal", "tracking_number": "ML1"}
    answer = client.post(reverse("work-ship", args=[work]), tracking, follow=True)

    assert "on hold" in said(answer)
    assert states([work]) == ["packed"]


def test_a_step_out_of_turn_says_what_is_in_the_way() -> None:
    small_world()
    _, (work,) = released({MUG: 2})
    answer = at(here(work)).post(reverse("work-pack", args=[work]), follow=True)

    assert said(answer)
    assert states([work]) == ["released"]


def test_nothing_is_changed_by_looking() -> None:
    small_world()
    _, (work,) = released({MUG: 1})
    client = at(here(work))
    for name in ("work-scan", "work-accept", "work-pick-all", "work-pack", "work-ship"):
        assert client.get(reverse(name, args=[work])).status_code == 405


# Other places


def test_work_of_another_place_does_not_exist() -> None:
    small_world()
    order, (work,) = released({MUG: 1})
    stranger = at(elsewhere(work))

    assert stranger.get(reverse("work-piece", args=[work])).status_code == 404
    for name in ("work-scan", "work-accept", "work-pick-all", "work-pack", "work-ship"):
        assert stranger.post(reverse(name, args=[work]), {"code": MUG}).status_code == 404
    assert buckets(order) == {MUG: {"released": 1}}
    assert states([work]) == ["released"]


def test_parcels_and_papers_of_another_place_do_not_exist() -> None:
    small_world()
    _, (parcel,) = shipped({MUG: 1})
    stranger = at(elsewhere(Shipment.objects.get().fulfillment_order_id))

    for name in ("parcel", "parcel-label", "parcel-slip"):
        assert stranger.get(reverse(name, args=[parcel])).status_code == 404
    event = {"status": "Delivered", "at": "2026-01-01T10:00"}
    assert stranger.post(reverse("parcel-event", args=[parcel]), event).status_code == 404
    assert TrackingEvent.objects.count() == 0


@pytest.mark.parametrize("role", ["clerk", "finance"])
def test_the_work_is_for_those_who_do_it(role: str) -> None:
    small_world()
    _, (work,) = released({MUG: 1})
    client = signed_in(role)

    assert client.get(reverse("work")).status_code == 403
    assert client.get(reverse("work-piece", args=[work])).status_code == 403
    assert client.post(reverse("work-pick-all", args=[work])).status_code == 403
    assert states([work]) == ["released"]


# Parcels


def test_papers_are_printed_from_the_screen() -> None:
    small_world()
    _, (parcel,) = shipped({MUG: 1})
    client = at(Shipment.objects.get().fulfillment_order.location)
    for name in ("parcel-label", "parcel-slip"):
        answer = client.get(reverse(name, args=[parcel]))
        assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")


def test_what_the_carrier_says_is_kept_and_moves_the_parcel() -> None:
    small_world()
    _, (parcel,) = shipped({MUG: 1})
    client = at(Shipment.objects.get().fulfillment_order.location)
    now = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    event = {"status": "InTransit", "at": now, "place": "Toulouse"}
    assert client.post(reverse("parcel-event", args=[parcel]), event).status_code == 302

    assert Shipment.objects.get().status == "in_transit"
    page = client.get(reverse("parcel", args=[parcel])).content.decode()
    assert "In transit" in page and "Toulouse" in page


@pytest.mark.parametrize(
    "event",
    [
        {"status": "Teleported", "at": "2026-01-01T10:00"},
        {"status": "InTransit", "at": "yesterday"},
        {"status": "InTransit", "at": "2999-01-01T10:00"},
        {"status": "InTransit"},
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(event: dict[str, str]) -> None:
    small_world()
    _, (parcel,) = shipped({MUG: 1})
    client = at(Shipment.objects.get().fulfillment_order.location)
    answer = client.post(reverse("parcel-event", args=[parcel]), event)

    assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()
    assert TrackingEvent.objects.count() == 0


def test_the_filled_button_is_to_accept_until_the_work_is_accepted() -> None:
    small_world()
    _order, (work,) = released({MUG: 1})
    client = at(here(work))
    address = reverse("work-piece", args=[work])
    assert filled(client.get(address)) == ["Accept"]

    client.post(reverse("work-accept", args=[work]))
    assert filled(client.get(address)) == ["Count"]


def filled(answer: Any) -> list[str]:
    buttons = re.findall(r'<button class="btn btn-primary btn-big.*?</button>', answer.content.decode(), re.DOTALL)
    return [re.sub(r"<.*?>", "", button).strip() for button in buttons]
