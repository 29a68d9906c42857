"""Exceptions, one by one: taken, let go, given to a colleague who may settle them there, settled in words."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.http import QueryDict
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from backoffice.incident_acts import OwnerForm
from core.actors import SYSTEM, Actor
from core.incidents import assign, open_incident
from core.jobs import bulk, preparing, running
from core.models import Grant, Incident, Role, TimelineEntry
from core.people.grants import holders
from core.permissions import allows
from tests.factories.orders import placed
from tests.factories.people import signed_in
from tests.factories.world import MUG, World, small_world

pytestmark = pytest.mark.django_db
SETTLE = "incidents.resolve"


@pytest.fixture(autouse=True)
def world() -> World:
    return small_world(stock=50)


@pytest.fixture
def incident(world: World) -> Incident:
    """At the warehouse."""
    return open_incident("parcel_lost", about=placed({MUG: 1}).pk, actor=SYSTEM, location_id=world.warehouse.pk)


@pytest.fixture
def marc() -> Client:
    return signed_in("manager", name="marc")


def person(name: str, *places: UUID | None, role: str = "clerk", **more: Any) -> Any:
    made = get_user_model().objects.create_user(name, **more)
    for place in places:
        Grant.objects.create(user=made, role=role, location_id=place)
    return made


def owner_of(incident: Incident) -> str:
    found: Any = Incident.objects.get(pk=incident.pk).assignee
    return found.username if found else ""


def listed(client: Client, query: str = "state=open") -> str:
    return client.get(f"/exceptions/?{query}").content.decode()


def give(client: Client, incident: Incident, **sent: Any) -> Any:
    return client.post(f"/exceptions/{incident.pk}/give/", sent)


def offered(client: Client, incident: Incident) -> list[str]:
    form = client.get(f"/exceptions/{incident.pk}/").context["owner_form"]
    return [word for _value, word in form.fields["to"].choices]


# On the list


def test_it_is_taken_on_the_list_and_let_go_again(marc: Client, incident: Incident) -> None:
    assert "Take it" in listed(marc)

    answer = give(marc, incident, to="me", query="state=open")
    assert answer["Location"] == "/exceptions/?state=open"
    assert owner_of(incident) == "marc"
    assert [row.item.pk for row in marc.get("/exceptions/?state=open&mine=1").context["list"].rows] == [incident.pk]
    assert not marc.get("/exceptions/?state=open&nobodys=1").context["list"].rows

    assert "Let it go" in listed(marc)
    assert "Let it go" not in listed(signed_in("manager"))
    give(marc, incident, to="nobody")
    assert owner_of(incident) == ""


def test_the_buttons_of_a_row_carry_what_it_showed(marc: Client, incident: Incident) -> None:
    button = re.search(r'formaction="([^"]+)" name="version" value="([^"]+)">Take it', listed(marc))
    assert button
    assign(incident.pk, actor=SYSTEM, to=person("claire", None))

    answer = marc.post(button[1], {"to": "me", "version": button[2]})

    assert answer.status_code == 412
    assert "gave it to claire: parcel lost" in answer.content.decode()
    assert owner_of(incident) == "claire"


def test_twin_without_the_version_it_is_taken_from_whoever_was_first(marc: Client, incident: Incident) -> None:
    assign(incident.pk, actor=SYSTEM, to=person("claire", None))

    give(marc, incident, to="me")

    assert owner_of(incident) == "marc"  # the damage


def test_its_age_stands_alone_and_the_moment_is_told_on_hover(marc: Client, incident: Incident) -> None:
    assert re.search(r'<span title="[^"<>]+ \d\d:\d\d">0 min</span>', listed(marc))


def test_who_may_not_settle_it_is_offered_nothing(incident: Incident) -> None:
    finance = signed_in("finance")

    assert "Take it" not in listed(finance)
    assert "Give or settle…" not in listed(finance)
    assert finance.get(f"/exceptions/{incident.pk}/").status_code == 403


def test_who_sees_all_and_settles_at_one_place_acts_there_alone(world: World, incident: Incident) -> None:
    there, elsewhere = signed_in("finance", name="there"), signed_in("finance", name="elsewhere")
    for name, place in (("there", world.warehouse), ("elsewhere", world.store)):
        Grant.objects.create(user=get_user_model().objects.get(username=name), role="clerk", location_id=place.pk)

    assert "Take it" in listed(there)
    assert "Take it" not in listed(elsewhere)
    assert give(elsewhere, incident, to="me").status_code == 403
    assert give(there, incident, to="me").status_code == 302
    assert owner_of(incident) == "there"


# On its page


def test_its_page_says_what_it_is_and_leads_to_the_order(marc: Client, incident: Incident) -> None:
    text = marc.get(f"/exceptions/{incident.pk}/").content.decode()

    assert "Send again, claim from the carrier" in text
    assert re.search(r'href="/orders/[^"]+/"', text)
    assert "DC" in text or "Lyon" in text


def test_only_those_who_may_settle_it_there_are_offered(marc: Client, world: World, incident: Incident) -> None:
    person("anywhere", None)
    person("here", world.warehouse.pk)
    person("elsewhere", world.store.pk)
    person("both", world.store.pk, world.warehouse.pk)
    person("packer", None, role="warehouse")
    person("gone", None, is_active=False)

    assert offered(marc, incident) == ["Myself", "Nobody", "anywhere", "both", "here", "marc"]


def test_what_somebody_changed_of_a_role_decides_who_is_offered(marc: Client, incident: Incident) -> None:
    person("clara", None)
    person("paula", None, role="warehouse")
    Role.objects.filter(code="clerk").update(permissions=["orders.view"])
    Role.objects.filter(code="warehouse").update(permissions=["incidents.view", SETTLE])

    assert offered(marc, incident) == ["Myself", "Nobody", "marc", "paula"]


def test_without_a_place_only_those_are_offered_who_may_everywhere(marc: Client, world: World) -> None:
    person("anywhere", None)
    person("here", world.warehouse.pk)

    assert offered(marc, open_incident("no_label", about=placed().pk, actor=SYSTEM)) == [
        "Myself", "Nobody", "anywhere", "marc",
    ]  # fmt: skip


def test_whoever_is_offered_may_and_whoever_may_is_offered(world: World) -> None:
    places = [world.warehouse.pk, world.store.pk]
    people = [person(f"{role} {n}", place, role=role) for role in ("clerk", "store", "manager", "finance")
              for n, place in enumerate([None, *places])]  # fmt: skip

    for place in places:
        able = {user for user in people if allows(user, SETTLE, place)}
        assert set(holders({SETTLE}, [place])) == able
    assert set(holders({SETTLE}, places)) == {user for user in people if all(allows(user, SETTLE, p) for p in places)}


@pytest.mark.parametrize("number", [0, 20])
def test_offering_is_one_question_for_any_number_of_people(
    incident: Incident, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(number):
        person(f"clerk {n}", None, incident.location_id)
    form = OwnerForm()
    with django_assert_num_queries(1):
        form.offer([incident.location_id])


def test_it_is_given_to_a_colleague(marc: Client, incident: Incident) -> None:
    claire = person("claire", incident.location_id)

    assert give(marc, incident, to=str(claire.pk)).status_code == 302

    assert owner_of(incident) == "claire"
    assert TimelineEntry.objects.filter(about=incident.about, action="incident.assign", after="claire").exists()


@pytest.mark.parametrize("to", ["", "x", "0", "99999999999999999999999", "\0"])
def test_it_is_given_to_nobody_who_is_not_offered(marc: Client, world: World, incident: Incident, to: str) -> None:
    elsewhere = person("elsewhere", world.store.pk)

    for wanted in (to, str(elsewhere.pk)):
        assert give(marc, incident, to=wanted).status_code == 422
    assert owner_of(incident) == ""


def test_it_is_settled_in_words(marc: Client, incident: Incident) -> None:
    answer = marc.post(f"/exceptions/{incident.pk}/settle/", {"resolution": "Sent again"}, follow=True)

    assert "The exception is settled." in answer.content.decode()
    incident.refresh_from_db()
    assert (incident.resolution, incident.resolved_by) == ("Sent again", "marc")
    assert "Sent again" in marc.get(f"/exceptions/{incident.pk}/").content.decode()
    again = marc.post(f"/exceptions/{incident.pk}/settle/", {"resolution": "Twice"}, follow=True)
    assert "solved already" in again.content.decode()


def test_without_words_it_stays_open_and_the_page_says_so(marc: Client, incident: Incident) -> None:
    answer = marc.post(f"/exceptions/{incident.pk}/settle/", {"resolution": "  "})

    assert answer.status_code == 422
    assert "Say how the exception was settled." in answer.content.decode()
    incident.refresh_from_db()
    assert incident.resolved_at is None


def test_whoever_settles_it_too_late_is_told_and_loses_no_word(marc: Client, incident: Incident) -> None:
    page = marc.get(f"/exceptions/{incident.pk}/").content.decode()
    version = re.search(r'name="version" value="([^"]+)"', page)
    assert version
    assign(incident.pk, actor=Actor("user", "Claire"), to=person("claire", None))
    typed = {"resolution": "Found <behind> the shelf", "version": version[1]}

    answer = marc.post(f"/exceptions/{incident.pk}/settle/", typed)
    text = answer.content.decode()

    assert answer.status_code == 412
    assert "Claire" in text
    assert "Found &lt;behind&gt; the shelf" in text
    look = marc.post(f"/exceptions/{incident.pk}/settle/", typed | {"look-again": "yes"})
    assert look.status_code == 200
    assert "Found &lt;behind&gt; the shelf" in look.content.decode()
    newer = re.search(r'name="version" value="([^"]+)"', text)
    assert newer
    assert marc.post(f"/exceptions/{incident.pk}/settle/", typed | {"version": newer[1]}).status_code == 302
    incident.refresh_from_db()
    assert incident.resolved_by == "marc"


@pytest.mark.parametrize("what", ["", "give/", "settle/"])
def test_one_that_is_not_there_is_not_found(marc: Client, what: str) -> None:
    address = f"/exceptions/00000000-0000-7000-8000-000000000000/{what}"

    assert (marc.post(address) if what else marc.get(address)).status_code == 404


# Many at once


def test_of_many_only_those_are_offered_who_may_settle_all_of_them(world: World, incident: Incident) -> None:
    other = open_incident("no_label", about=placed().pk, actor=SYSTEM, location_id=world.store.pk)
    boss, here = person("boss", None, role="manager"), person("here", world.warehouse.pk)
    both = person("both", world.warehouse.pk, world.store.pk)

    def choices(*found: Incident) -> list[str]:
        ids = [str(each.pk) for each in found]
        job = preparing.prepare("exceptions", "incidents.assign", owner=boss, actor=Actor.of(boss), ids=ids)
        form: Any = bulk.get(job.action).form(job)
        return [value for value, _word in form.fields["to"].choices[2:]]

    assert choices(incident) == [str(each.pk) for each in (boss, both, here)]
    assert choices(incident, other) == [str(each.pk) for each in (boss, both)]


def test_who_may_no_longer_settle_them_there_when_the_work_is_done_gets_none(world: World, incident: Incident) -> None:
    boss, here = person("boss", None, role="manager"), person("here", world.warehouse.pk)
    job = preparing.prepare("exceptions", "incidents.assign", owner=boss, actor=Actor.of(boss), ids=[str(incident.pk)])
    preparing.start(job.pk, QueryDict(f"to={here.pk}"), owner=boss, actor=Actor.of(boss))
    Grant.objects.filter(user=here).update(location_id=world.store.pk)

    running.run_jobs()

    assert list(job.rows.values_list("state", flat=True)) == ["refused"]
    assert owner_of(incident) == ""
