from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from backoffice.reader import COOKIE
from core.actors import Actor
from core.days import zone_names
from core.models import Grant, Preferences
from core.preferences import prefer, taste_of
from core.problems import Invalid
from tests.factories.people import signed_in
from tests.factories.world import make_location, small_world

pytestmark = pytest.mark.django_db


def person(name: str = "claire") -> Any:
    return get_user_model().objects.create_user(name)


def test_what_a_person_chose_is_there_on_every_device() -> None:
    user = person()
    prefer(user, actor=Actor.of(user), language="fr", time_zone="Europe/Lisbon", theme="night")

    for device in (Client(), Client()):
        device.force_login(user)
        page = device.get("/preferences/").content.decode()
        assert '<html lang="fr" data-theme="night"' in page


def test_a_choice_changes_nothing_else() -> None:
    user = person()
    prefer(user, actor=Actor.of(user), language="fr", time_zone="Europe/Lisbon")

    prefer(user, actor=Actor.of(user), theme="day")

    taste = taste_of(user)
    assert (taste.language, taste.time_zone, taste.theme) == ("fr", "Europe/Lisbon", "day")


@pytest.mark.parametrize(
    "change", [{"language": "xx"}, {"time_zone": "Mars/Olympus"}, {"time_zone": "../etc/passwd"}, {"theme": "pink"}]
)
def test_what_is_not_known_is_refused_by_its_name(change: dict[str, str]) -> None:
    user = person()

    with pytest.raises(Invalid) as refused:
        prefer(user, actor=Actor.of(user), **change)

    assert refused.value.errors[0]["loc"] == list(change)
    assert not Preferences.objects.exists()


def test_nobody_decides_how_somebody_else_likes_to_work() -> None:
    with pytest.raises(PermissionError):
        prefer(person(), actor=Actor.of(person("marc")), language="fr")


def test_the_next_person_on_a_shared_tablet_inherits_nothing() -> None:
    first, second = person(), person("marc")
    prefer(first, actor=Actor.of(first), language="fr", theme="night")
    tablet = Client()
    tablet.force_login(first)
    assert 'lang="fr"' in tablet.get("/preferences/").content.decode()

    tablet.force_login(second)

    page = tablet.get("/preferences/").content.decode()
    assert 'lang="en"' in page
    assert "data-theme" not in page.partition(">")[0].partition("<html")[2]


def test_a_cookie_made_by_hand_does_no_harm() -> None:
    client = signed_in("clerk")
    user = get_user_model().objects.get()
    client.cookies[COOKIE] = f"{user.pk}~Mars/Olympus~xx~Nowhere~pink~no-such-route~huge"

    assert client.get("/preferences/").status_code == 200
    assert client.get("/start/")["Location"] == "/"


def test_the_switches_of_every_page_are_kept_with_the_person() -> None:
    client = signed_in("clerk")

    client.post("/language/", {"language": "fr"})
    client.post("/theme/", {"theme": "night"})

    taste = taste_of(get_user_model().objects.get())
    assert (taste.language, taste.theme) == ("fr", "night")
    assert 'lang="fr" data-theme="night"' in client.get("/preferences/").content.decode()


def test_the_form_keeps_what_is_chosen_and_answers_in_the_new_language() -> None:
    client = signed_in("clerk")

    answer = client.post(
        "/preferences/", {"language": "fr", "time_zone": "Europe/London", "density": "compact"}, follow=True
    )

    page = answer.content.decode()
    assert 'lang="fr"' in page
    assert 'data-density="compact"' in page
    assert "Londres" in page


def test_a_choice_that_is_none_is_told_by_its_field_and_nothing_is_lost() -> None:
    client = signed_in("clerk")

    answer = client.post("/preferences/", {"language": "fr", "time_zone": "Mars/Olympus"})

    assert answer.status_code == 422
    assert not Preferences.objects.exists()
    assert 'value="fr" selected' in answer.content.decode()


def test_the_first_page_is_the_chosen_one_as_long_as_one_may_open_it() -> None:
    client = signed_in("clerk")
    user = get_user_model().objects.get()
    prefer(user, actor=Actor.of(user), start_page="orders")
    assert client.get("/start/")["Location"] == "/orders/"

    Grant.objects.update(role="store")
    prefer(user, actor=Actor.of(user), start_page="customers")
    client.cookies.pop(COOKIE)

    assert client.get("/start/")["Location"] == "/"


def test_people_of_one_place_have_its_time_until_they_choose() -> None:
    lisbon = make_location("SHOP-LIS", "Lisbon shop", "store", "1100", "Lisboa", time_zone="Europe/Lisbon")
    client = signed_in("store", location_id=lisbon.pk)

    assert "Lisbon time" in client.get("/preferences/").content.decode()


def test_people_of_the_whole_company_have_the_company_time() -> None:
    small_world()

    assert "Paris time" in signed_in("manager").get("/preferences/").content.decode()


def test_a_page_costs_no_statement_for_what_is_remembered(django_assert_num_queries: Any) -> None:
    client = signed_in("clerk")
    client.get("/start/")

    with django_assert_num_queries(2):  # the session and its user
        client.get("/start/")


def test_every_zone_of_the_list_can_be_chosen() -> None:
    user = person()

    for name in sorted(zone_names())[::40]:
        assert prefer(user, actor=Actor.of(user), time_zone=name).time_zone == name
