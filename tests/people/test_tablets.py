"""Shared tablets: registered to a place, one tap and a PIN, the work of the floor there and nothing else."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from core.actors import SYSTEM
from core.jobs.models import Job
from core.models import Device, Pin, PinTries, Session, TimelineEntry
from core.people import devices
from core.people.authority import about
from core.permissions import allows, bind, locations_of
from core.problems import Forbidden, Invalid, NotFound, RateLimited
from fulfillment.models import FulfillmentOrder
from tests.factories.orders import released
from tests.factories.people import signed_in
from tests.factories.world import MUG, World, small_world
from tests.people.making import PASSWORD, acting, fresh, person

pytestmark = pytest.mark.django_db
RIGHT, WRONG = "482915", "482916"


@pytest.fixture
def world() -> World:
    return small_world()


@pytest.fixture
def tablet(world: World) -> Client:
    """The browser of a tablet of the warehouse."""
    client = Client()
    _device, secret = devices.register("Bench 1", world.warehouse.pk, 3, actor=SYSTEM)
    client.cookies["device"] = secret
    return client


@pytest.fixture
def wanda(world: World) -> Any:
    """Somebody of the warehouse with a PIN."""
    made = person("wanda", "warehouse", world.warehouse.pk, first_name="Wanda", last_name="Leroy")
    devices.set_pin(made, RIGHT, actor=acting(made))
    return made


def enter(tablet: Client, somebody: Any, pin: str = RIGHT) -> int:
    return tablet.post(f"/device/{somebody.pk}/", {"pin": pin}).status_code


def test_a_manager_makes_this_browser_a_tablet_and_is_signed_out_on_it(world: World) -> None:
    browser = signed_in("manager")
    sent = {"name": "Counter 2", "place": str(world.store.pk), "idle_minutes": "5"}
    answer = browser.post("/people/tablets/new/", sent)

    assert answer["Location"] == "/device/"
    assert "Who are you?" in browser.get("/device/").content.decode()
    assert browser.get("/orders/")["Location"].startswith("/sign-in/")
    assert browser.get("/sign-in/")["Location"] == "/device/"
    assert browser.cookies["device"]["httponly"]
    assert Device.objects.get().digest not in browser.cookies["device"].value


def test_who_looks_after_one_place_registers_tablets_there_only(world: World) -> None:
    browser = signed_in("manager", location_id=world.store.pk)
    sent = {"name": "Mine", "place": str(world.warehouse.pk), "idle_minutes": "5"}

    assert browser.post("/people/tablets/new/", sent).status_code == 422
    boss = person("boss", "manager", world.store.pk)
    with pytest.raises(Forbidden):
        devices.register("Mine", world.warehouse.pk, 3, actor=acting(boss))
    assert not Device.objects.exists()


def test_one_tap_and_the_digits_let_a_person_in_to_the_work_of_the_place(tablet: Client, wanda: Any) -> None:
    names = tablet.get("/device/").content.decode()
    assert "Wanda Leroy" in names

    assert enter(tablet, wanda) == 302

    assert tablet.get("/work/").status_code == 200
    assert Session.objects.get().device == Device.objects.get()


def test_what_is_done_on_a_tablet_is_the_persons(tablet: Client, wanda: Any) -> None:
    order, (work,) = released({MUG: 1})
    enter(tablet, wanda)

    assert tablet.post(f"/work/{work}/pick-all/").status_code == 302

    entry = TimelineEntry.objects.filter(about=order.pk, action="work.pick").first() or TimelineEntry.objects.filter(
        actor="Wanda Leroy"
    ).latest("at")
    assert (entry.actor, entry.actor_id) == ("Wanda Leroy", str(wanda.pk))
    assert FulfillmentOrder.objects.get(pk=work).status in ("picked", "picking")


def test_the_names_are_those_with_a_pin_an_open_account_and_work_at_this_place(world: World, wanda: Any) -> None:
    device, _secret = devices.register("Bench", world.warehouse.pk, 3, actor=SYSTEM)
    person("no-pin", "warehouse", world.warehouse.pk)
    everywhere, elsewhere, books, gone = (
        person("everywhere", "manager"),
        person("elsewhere", "store", world.store.pk),
        person("books", ""),
        person("gone", "warehouse", is_active=False),
    )
    for each in (everywhere, elsewhere, books, gone):
        devices.set_pin(each, RIGHT, actor=acting(each))

    assert {each.username for each in devices.people_of(device)} == {"wanda", "everywhere"}
    for each in (elsewhere, books, gone):
        with pytest.raises(NotFound):
            devices.enter(device, each.pk, RIGHT)


def test_a_manager_on_a_tablet_does_the_work_of_its_place_and_no_more(tablet: Client, world: World) -> None:
    boss = person("boss", "admin")
    devices.set_pin(boss, RIGHT, actor=acting(boss))
    enter(tablet, boss)

    opened = {
        path: tablet.get(path).status_code for path in ("/work/", "/stock/", "/ledger/", "/customers/", "/people/")
    }
    assert opened == {"/work/": 200, "/stock/": 200, "/ledger/": 403, "/customers/": 403, "/people/": 403}


def test_not_even_a_superuser_does_more_on_a_tablet(world: World) -> None:
    root = person("root", "warehouse", is_superuser=True)
    bind(root, world.warehouse.pk)

    assert not allows(root, "payments.refund")
    assert not allows(root, "people.manage")
    assert not allows(root, "fulfillment.work", world.store.pk)
    assert locations_of(root, "fulfillment.work") == {world.warehouse.pk}


def test_a_tablet_gives_nothing_that_the_person_does_not_hold_there(world: World) -> None:
    sam = person("sam", "store", world.store.pk)
    bind(sam, world.warehouse.pk)

    assert not allows(sam, "fulfillment.work")
    assert locations_of(sam, "stock.view") == set()


def test_a_password_typed_on_a_tablet_binds_as_the_pin_does(tablet: Client) -> None:
    person("boss", "manager")
    assert "Sign in" in tablet.get("/sign-in/?password").content.decode()
    tablet.post("/sign-in/", {"username": "boss", "password": PASSWORD})

    assert tablet.get("/work/").status_code == 200
    assert tablet.get("/ledger/").status_code == 403


def test_a_tablet_that_is_taken_out_signs_out_at_once_whoever_is_on_it(tablet: Client, wanda: Any) -> None:
    enter(tablet, wanda)
    assert signed_in("manager").post(f"/people/tablets/{Device.objects.get().pk}/revoke/").status_code == 302

    assert tablet.get("/work/").status_code == 302
    assert tablet.get("/device/")["Location"] == "/sign-in/"
    assert enter(tablet, wanda) == 302
    assert not Session.objects.filter(user=wanda).exists()


def test_a_session_on_a_revoked_tablet_ends_even_when_its_row_is_left(tablet: Client, wanda: Any) -> None:
    enter(tablet, wanda)
    Device.objects.update(revoked_at=timezone.now())

    assert tablet.get("/work/")["Location"] == "/sign-in/"


def test_locking_and_resting_lead_back_to_the_names(tablet: Client, wanda: Any) -> None:
    enter(tablet, wanda)
    assert 'data-lock-after="180"' in tablet.get("/work/").content.decode()
    assert tablet.post("/sign-out/")["Location"] == "/device/"

    enter(tablet, wanda)
    session = tablet.session
    session["seen"] -= 181
    session.save()
    assert tablet.get("/work/")["Location"] == "/device/"
    assert tablet.get("/device/").status_code == 200


def test_a_forged_secret_is_no_tablet(world: World) -> None:
    client = Client()
    for secret in ("", "x", "é" * 2000, Device.__name__):
        client.cookies["device"] = secret
        assert client.get("/device/")["Location"] == "/sign-in/"


# PINs


@pytest.mark.parametrize(
    "pin", ["", "12345", "1234567890123", "abcdef", "１２３４５６", "123456", "987654", "000000", "121212"]
)
def test_a_pin_that_is_no_pin_or_easy_to_guess_is_refused(pin: str) -> None:
    anna = person("anna")
    with pytest.raises(Invalid):
        devices.set_pin(anna, pin, actor=acting(anna))
    assert not Pin.objects.exists()


def test_nobody_chooses_the_pin_of_somebody_else_and_it_is_kept_as_a_digest_only() -> None:
    anna, boss = person("anna"), person("boss", "admin")
    with pytest.raises(Forbidden):
        devices.set_pin(anna, RIGHT, actor=acting(boss))
    devices.set_pin(anna, RIGHT, actor=acting(anna))
    assert RIGHT not in Pin.objects.get().digest


def test_the_page_asks_for_the_password_before_it_keeps_a_pin() -> None:
    anna = person("anna", "clerk")
    client = Client()
    client.force_login(anna)
    assert client.post("/account/pin/", {"pin": RIGHT, "password": "wrong"}).status_code == 422
    assert client.post("/account/pin/", {"pin": RIGHT, "password": PASSWORD}).status_code == 302
    assert fresh(anna).pin.digest


def test_after_five_wrong_pins_even_the_right_one_has_to_wait(tablet: Client, wanda: Any) -> None:
    assert [enter(tablet, wanda, WRONG) for _ in range(5)] == [422, 422, 422, 422, 429]
    assert enter(tablet, wanda) == 429

    PinTries.objects.update(blocked_until=timezone.now() - timedelta(seconds=1))
    assert enter(tablet, wanda) == 302


def test_the_right_pin_forgives_the_wrong_ones_before_it(tablet: Client, wanda: Any) -> None:
    for _ in range(3):
        for _ in range(4):
            enter(tablet, wanda, WRONG)
        assert enter(tablet, wanda) == 302
        tablet.post("/sign-out/")


def test_ten_wrong_pins_on_whatever_tablets_end_the_pin(world: World, wanda: Any) -> None:
    for number in range(5):
        device, _secret = devices.register(f"Bench {number}", world.warehouse.pk, 3, actor=SYSTEM)
        for _ in range(2):
            with pytest.raises((Invalid, RateLimited)):
                devices.enter(device, wanda.pk, WRONG)

    assert not Pin.objects.exists()
    assert TimelineEntry.objects.filter(about=about(wanda.pk), action="person.pin_ended").exists()


def test_a_tablet_on_which_many_are_tried_waits_for_everybody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "TRIES_PER_DEVICE", 4)
    device, _secret = devices.register("Bench", world.warehouse.pk, 3, actor=SYSTEM)
    crew = [person(f"p{n}", "warehouse") for n in range(5)]
    for each in crew:
        devices.set_pin(each, RIGHT, actor=acting(each))
    for each in crew[:4]:
        with pytest.raises((Invalid, RateLimited)):
            devices.enter(device, each.pk, WRONG)

    with pytest.raises(RateLimited):
        devices.enter(device, crew[4].pk, RIGHT)


def test_nobody_is_let_in_on_a_tablet_of_another_place(world: World, wanda: Any) -> None:
    device, _secret = devices.register("Counter", world.store.pk, 3, actor=SYSTEM)
    with pytest.raises(NotFound):
        devices.enter(device, wanda.pk, RIGHT)


@pytest.mark.parametrize(
    ("sql", "constraint"),
    [
        ("UPDATE core_device SET name = ''", "device_named"),
        ("UPDATE core_device SET idle_minutes = 0", "device_idle"),
        ("INSERT INTO core_device SELECT gen_random_uuid(), name, location_id, digest, idle_minutes, registered_by, registered_at, seen_at, revoked_at, failures, blocked_until FROM core_device", "digest"),
    ],
)  # fmt: skip
def test_the_database_refuses_what_is_no_tablet(world: World, sql: str, constraint: str) -> None:
    devices.register("Counter", world.store.pk, 3, actor=SYSTEM)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\0b", "a\nb"])
def test_a_tablet_needs_a_name(world: World, name: str) -> None:
    with pytest.raises(Invalid):
        devices.register(name, UUID(int=world.store.pk.int), 3, actor=SYSTEM)


def test_a_tablet_makes_and_fetches_no_files(tablet: Client, wanda: Any) -> None:
    """A worker does a job for all that its owner may, which is more than the place of the tablet."""
    assert enter(tablet, wanda) == 302
    answer = tablet.post("/jobs/export/", {"list": "orders", "format": "csv", "query": ""}, follow=True)
    assert "not for a shared tablet" in answer.content.decode()
    assert not Job.objects.exists()


def test_a_tablet_shows_the_page_of_health_to_nobody(tablet: Client, world: World) -> None:
    boss = person("boss", "manager")
    devices.set_pin(boss, RIGHT, actor=acting(boss))
    enter(tablet, boss)
    assert tablet.get("/health/", headers={"accept": "text/html"}).content.strip() == b"ok"


def test_a_tablet_that_locks_after_a_minute_stays_open_while_it_is_used(tablet: Client, wanda: Any) -> None:
    enter(tablet, wanda)
    session = tablet.session
    session["idle"], session["seen"] = 60, session["seen"] - 40
    session.save()
    before = session["seen"]
    tablet.get("/work/")
    assert tablet.session["seen"] > before


def test_tablets_in_use_stand_before_those_taken_out(world: World) -> None:
    Device.objects.create(name="A", location_id=world.store.pk, digest="1" * 64, revoked_at=timezone.now())
    Device.objects.create(name="B", location_id=world.store.pk, digest="2" * 64)
    assert [each.name for each in devices.devices_at(None)] == ["B", "A"]
