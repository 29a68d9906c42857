import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from backoffice.navigation import in_order
from tests.factories.orders import placed, shipped
from tests.factories.people import signed_in
from tests.factories.world import World, small_world

pytestmark = pytest.mark.django_db

PAGES = {
    "/": {"clerk", "store", "warehouse", "finance", "manager"},
    "/orders/": {"clerk", "store", "warehouse", "finance", "manager"},
    "/customers/": {"clerk", "finance", "manager"},
    "/stock/": {"clerk", "store", "warehouse", "finance", "manager"},
    "/stock/MUG-BLUE/": {"clerk", "store", "warehouse", "finance", "manager"},
    "/ledger/": {"finance", "manager"},
    "/ledger/trial-balance/": {"finance", "manager"},
    "/insight/": {"finance", "manager"},
    "/styleguide/": {"clerk", "store", "warehouse", "finance", "manager"},
}
"""Every page of the shell, and the roles that may open it."""


@pytest.fixture
def world() -> World:
    made = small_world()
    placed()
    shipped()
    return made


@pytest.mark.parametrize("role", ["clerk", "store", "warehouse", "finance", "manager"])
def test_each_role_opens_its_pages_and_no_others(world: World, role: str) -> None:
    client = signed_in(role)

    for path, roles in PAGES.items():
        assert client.get(path).status_code == (200 if role in roles else 403), path


@pytest.mark.parametrize("role", ["clerk", "store", "finance"])
def test_the_navigation_offers_only_what_opens(world: World, role: str) -> None:
    client = signed_in(role)

    for item in client.get("/").context["nav"]:
        assert client.get(item["url"], follow=True).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_every_page_reads_in_french(world: World, path: str) -> None:
    client = signed_in("manager")
    client.post("/language/", {"language": "fr"})

    text = client.get(path).content.decode()

    assert '<html lang="fr"' in text


def test_no_page_has_script_or_style_of_its_own(world: World) -> None:
    client = signed_in("manager")

    for path in PAGES:
        text = client.get(path).content.decode()
        assert " style=" not in text, path
        assert "<style" not in text, path
        assert " onclick=" not in text, path
        assert "<script>" not in text, path


def test_wrong_password_is_told_in_one_sentence(client: Client) -> None:
    response = client.post("/sign-in/", {"username": "nobody", "password": "wrong-wrong-1"})

    assert response.status_code == 200
    assert "do not go together" in response.content.decode()


def test_too_many_wrong_passwords_are_stopped_in_words(client: Client, settings: LazySettings) -> None:
    settings.AXES_FAILURE_LIMIT = 2

    answers = [client.post("/sign-in/", {"username": "nobody", "password": f"wrong-{n}"}) for n in range(3)]

    assert answers[-1].status_code == 429
    assert "Wait 15 minutes" in answers[-1].content.decode()


def test_the_theme_is_kept_and_leads_back_to_the_page(client: Client) -> None:
    response = client.post("/theme/", {"theme": "night", "next": "/sign-in/"})

    assert response["Location"] == "/sign-in/"
    assert 'data-theme="night"' in client.get("/sign-in/").content.decode()


def test_the_theme_never_leads_elsewhere(client: Client) -> None:
    assert client.post("/theme/", {"theme": "night", "next": "https://example.com/"})["Location"] == "/"


@pytest.mark.parametrize("path", ["/", "/styleguide/"])
def test_pages_for_everybody_still_need_a_sign_in(client: Client, path: str) -> None:
    assert client.get(path)["Location"].startswith("/sign-in/")


def test_health_says_ok_to_anybody_while_the_database_answers() -> None:
    assert Client().get("/health/").content == b"ok\n"


def test_who_may_not_is_told_the_right_in_words_and_who_gives_it() -> None:
    text = signed_in("store").get("/ledger/").content.decode()

    assert "the right “Read the ledger”" in text
    assert "ledger.view" not in text


def strip(client: Client, path: str) -> list[tuple[str, bool]]:
    """The pages of the section that this page belongs to, and which of them is open."""
    return [(str(item["label"]), item["on"]) for item in client.get(path).context["section"]]


def test_the_pages_of_a_section_stand_above_its_title_and_the_side_marks_the_section(world: World) -> None:
    client = signed_in("manager")

    shown = strip(client, "/stock-lots/")

    assert ("Lots", True) in shown
    assert ("Stock", False) in shown
    assert [item["label"] for item in client.get("/stock-lots/").context["nav"] if item["on"]] == ["Stock"]


def test_a_page_deeper_in_a_section_marks_it_at_the_side_and_is_left_in_peace(world: World) -> None:
    client = signed_in("manager")

    assert strip(client, "/stock/MUG-BLUE/") == []
    assert [item["label"] for item in client.get("/stock/MUG-BLUE/").context["nav"] if item["on"]] == ["Stock"]


def test_a_section_offers_only_what_its_reader_may_open(world: World) -> None:
    assert "Safety stock" not in dict(strip(signed_in("clerk"), "/stock/"))
    assert "Safety stock" in dict(strip(signed_in("manager"), "/stock/"))


@pytest.mark.parametrize("role", ["clerk", "store", "warehouse", "finance", "manager"])
def test_every_page_that_somebody_may_open_is_found_at_the_side_or_in_its_section(world: World, role: str) -> None:
    client = signed_in(role)
    side = [item["url"] for item in client.get("/").context["nav"]]

    pages = [client.get(url).context or {} for url in side]

    reached = {item["url"] for page in pages for item in page.get("section", [])} | set(side)
    assert reached == {reverse(entry.route) for entry in in_order(get_user_model().objects.get())}
