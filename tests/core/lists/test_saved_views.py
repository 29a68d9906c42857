"""Saved views: kept, shared, changed by their owner alone, and held by the database."""

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.test import Client

from core.ids import new_id
from core.models import Grant, ListPreference, SavedView
from tests.factories.orders import placed
from tests.factories.people import signed_in
from tests.factories.world import small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Client:
    small_world()
    placed()
    return signed_in("manager", name="marc")


def save(client: Client, name: str, query: str = "status=placed", **more: str) -> Any:
    return client.post("/lists/orders/views/", {"name": name, "query": query, **more}, follow=True)


def act(client: Client, view: SavedView, do: str, **more: str) -> Any:
    return client.post(f"/lists/orders/views/{view.pk}/", {"do": do, **more}, follow=True)


def tabs(client: Client, query: str = "") -> dict[str, bool]:
    shown = client.get(f"/orders/?view=all&{query}" if not query else f"/orders/?{query}").context["list"]
    return {str(tab["label"]): tab["on"] for tab in shown.tabs}


def test_what_the_list_shows_is_a_tab_from_then_on(manager: Client) -> None:
    answer = save(manager, "  Mine   today ", "channel=web&status=placed&day=today&sort=placed&cursor=x")

    shown = answer.context["list"]
    assert {str(tab["label"]): tab["on"] for tab in shown.tabs}["Mine today"]
    assert not shown.is_modified
    view = SavedView.objects.get()
    assert (view.query, view.sort) == ("status=placed&channel=web&day=today", "placed")
    assert "number" in view.columns


def test_a_view_alone_shows_what_was_kept(manager: Client) -> None:
    save(manager, "Waiting")

    shown = manager.get(f"/orders/?view={SavedView.objects.get().pk}").context["list"]

    assert shown.reading.query == "status=placed"


LONG = "status=placed&q=" + "x" * 3_800
MANY = "a&" * 1_100


@pytest.mark.parametrize("query", [LONG, MANY, "\0", "status=%00"])
@pytest.mark.parametrize("door", ["views", "columns"])
def test_filters_that_no_address_holds_are_told_and_not_cut(manager: Client, door: str, query: str) -> None:
    page = "http://testserver/orders/?status=on_hold&q=anne"

    answer = manager.post(
        f"/lists/orders/{door}/",
        {"name": "Long", "query": query, "do": "keep", "column": "number"},
        headers={"Referer": page},
        follow=True,
    )

    assert "Nothing was done" in answer.content.decode()
    assert answer.redirect_chain == [("/orders/?status=on_hold&q=anne", 302)]
    assert not SavedView.objects.exists()
    assert not ListPreference.objects.exists()


def test_without_a_page_to_go_back_to_the_list_tells_it(manager: Client) -> None:
    answer = save(manager, "Long", LONG)

    assert "more filters than an address can hold" in answer.content.decode()
    assert answer.redirect_chain == [("/orders/", 302)]


def test_other_filters_mark_it_as_changed_and_can_be_kept(manager: Client) -> None:
    save(manager, "Waiting")
    view = SavedView.objects.get()

    shown = manager.get(f"/orders/?view={view.pk}&status=on_hold")
    assert shown.context["list"].is_modified
    assert "Save as…" in shown.content.decode()

    act(manager, view, "save", query="status=on_hold")
    view.refresh_from_db()
    assert view.query == "status=on_hold"


def test_a_view_whose_last_filter_is_taken_away_is_changed_and_shows_all(manager: Client) -> None:
    save(manager, "Waiting")

    shown = manager.get(f"/orders/?status=placed&view={SavedView.objects.get().pk}").context["list"]
    emptied = manager.get("/orders/" + shown.chips[0]["url"].partition("/orders/")[2]).context["list"]

    assert emptied.is_modified
    assert emptied.reading.query == ""


@pytest.mark.parametrize(("name", "words"), [("", "give the view a name"), ("x" * 61, "at most 60")])
def test_a_name_that_cannot_be_is_told(manager: Client, name: str, words: str) -> None:
    assert words in save(manager, name).content.decode()
    assert not SavedView.objects.exists()


def test_two_views_of_one_person_have_two_names(manager: Client) -> None:
    save(manager, "Waiting")

    assert "choose another" in save(manager, "WAITING").content.decode()
    assert SavedView.objects.count() == 1
    save(signed_in("clerk"), "Waiting")
    assert SavedView.objects.count() == 2


def test_the_database_itself_knows_a_name_once(manager: Client) -> None:
    save(manager, "Waiting")
    owner = get_user_model().objects.get(username="marc").pk

    with pytest.raises(IntegrityError, match="savedview_name_once"), transaction.atomic():
        insert(owner, "waiting")


@pytest.mark.parametrize(
    ("audience", "role", "constraint"),
    [("role", "", "savedview_role"), ("own", "clerk", "savedview_role"), ("friends", "", "savedview_audience")],
)
def test_the_database_itself_knows_who_may_see_it(manager: Client, audience: str, role: str, constraint: str) -> None:
    owner = get_user_model().objects.get(username="marc").pk

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        insert(owner, "Any", audience=audience, role=role)


def test_the_database_itself_wants_a_name(manager: Client) -> None:
    with pytest.raises(IntegrityError, match="savedview_named"), transaction.atomic():
        insert(get_user_model().objects.get(username="marc").pk, "")


def insert(owner: int, name: str, audience: str = "own", role: str = "") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_savedview (id, list_name, name, query, sort, columns, owner_id, audience, role, position,"
            " created_at, updated_at) VALUES (%s, 'orders', %s, '', '', '{}', %s, %s, %s, 0, now(), now())",
            [new_id(), name, owner, audience, role],
        )


def test_a_view_saved_for_a_role_is_there_for_the_people_of_that_role(manager: Client) -> None:
    save(manager, "Team", audience="role:manager")

    assert "Team" in tabs(signed_in("manager"))
    assert "Team" not in tabs(signed_in("clerk"))


def test_a_view_for_everybody_is_there_for_everybody(manager: Client) -> None:
    save(manager, "All hands", audience="everybody")

    assert "All hands" in tabs(signed_in("clerk"))
    assert "All hands" not in {str(tab["label"]) for tab in manager.get("/customers/").context["list"].tabs}


def test_ones_own_view_is_nobody_elses(manager: Client) -> None:
    save(manager, "Private")

    assert "Private" not in tabs(signed_in("manager"))


def test_sharing_needs_a_permission(manager: Client) -> None:
    clerk = signed_in("clerk")

    assert (
        "the right “Share views of lists with others”" in save(clerk, "For all", audience="everybody").content.decode()
    )
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("do", ["save", "rename", "earlier", "delete"])
def test_what_is_shared_is_changed_by_its_owner_alone(manager: Client, do: str) -> None:
    save(manager, "All hands", audience="everybody")
    view = SavedView.objects.get()

    assert "belongs to somebody else" in act(signed_in("clerk"), view, do, name="Stolen").content.decode()
    view.refresh_from_db()
    assert view.name == "All hands"


@pytest.mark.parametrize("do", ["save", "rename"])
def test_who_may_share_no_more_changes_nothing_for_others(manager: Client, do: str) -> None:
    save(manager, "All hands", audience="everybody")
    view = SavedView.objects.get()
    Grant.objects.update(role="clerk")

    assert (
        "the right “Share views of lists with others”"
        in act(manager, view, do, name="Only I know", query="status=on_hold").content.decode()
    )
    view.refresh_from_db()
    assert (view.name, view.query) == ("All hands", "status=placed")


@pytest.mark.parametrize("do", ["save", "rename", "delete", "open"])
def test_a_view_that_one_does_not_see_does_not_exist(manager: Client, do: str) -> None:
    save(manager, "Private")

    assert act(signed_in("clerk"), SavedView.objects.get(), do, name="x").status_code == 404
    assert SavedView.objects.filter(name="Private").exists()


def test_a_list_opens_with_the_view_of_ones_choice(manager: Client) -> None:
    save(manager, "Waiting", opens="1")

    opened = manager.get("/orders/")
    assert opened.status_code == 302
    assert "status=placed" in opened["Location"]
    assert tabs(manager, "view=all")["All"]


def test_without_its_view_the_list_opens_whole_again(manager: Client) -> None:
    save(manager, "Waiting", opens="1")

    act(manager, SavedView.objects.get(), "delete")

    assert manager.get("/orders/").status_code == 200
    assert ListPreference.objects.get().opens_id is None


def test_a_person_who_leaves_takes_their_views_along(manager: Client) -> None:
    save(manager, "Waiting", opens="1")

    get_user_model().objects.get(username="marc").delete()

    assert not SavedView.objects.exists()
    assert not ListPreference.objects.exists()


def test_views_stand_in_the_order_of_their_owner(manager: Client) -> None:
    for name in ("One", "Two", "Three"):
        save(manager, name)

    act(manager, SavedView.objects.get(name="Three"), "earlier")

    assert [name for name in tabs(manager, "view=all") if name in ("One", "Two", "Three")] == ["One", "Three", "Two"]


def columns(client: Client, query: str = "", **given: Any) -> Any:
    return client.post("/lists/orders/columns/", {"query": query, **given}, follow=True)


def shown_columns(answer: Any) -> list[str]:
    return [column.name for column in answer.context["list"].reading.columns]


def test_columns_stand_where_their_numbers_say(manager: Client) -> None:
    answer = columns(
        manager, column=["number", "total", "email"], **{"at-email": "1", "at-number": "2", "at-total": "3"}
    )

    assert shown_columns(answer) == ["email", "number", "total"]
    assert shown_columns(manager.get("/orders/")) != ["email", "number", "total"], "only where the address says so"


def test_columns_that_are_kept_are_there_the_next_time_until_reset(manager: Client) -> None:
    columns(manager, column=["number", "total"], do="keep")
    assert shown_columns(manager.get("/orders/")) == ["number", "total"]
    assert shown_columns(signed_in("manager").get("/orders/")) != ["number", "total"]

    columns(manager, do="reset")
    assert "state" in shown_columns(manager.get("/orders/"))


def test_a_column_that_is_fixed_cannot_be_hidden(manager: Client) -> None:
    assert shown_columns(columns(manager, column=["total"], do="keep")) == ["number", "total"]


def test_columns_are_kept_with_a_view(manager: Client) -> None:
    save(manager, "Short", "status=placed&columns=number,total")

    assert shown_columns(manager.get(f"/orders/?view={SavedView.objects.get().pk}")) == ["number", "total"]


@pytest.mark.parametrize(
    "path", ["/lists/nowhere/views/", "/lists/nowhere/columns/", f"/lists/orders/views/{UUID(int=1)}/"]
)
def test_what_does_not_exist_is_told(manager: Client, path: str) -> None:
    assert manager.post(path, {"name": "x", "do": "save"}).status_code == 404


def test_a_view_of_a_list_that_one_may_not_see_cannot_be_saved(manager: Client) -> None:
    answer = signed_in("store").post("/lists/customers/views/", {"name": "x", "query": ""})

    assert answer.status_code == 403


@pytest.mark.parametrize("query", ["%ff%fe", "status=nowhere", "view=x&columns=,,,"])
def test_nonsense_in_the_address_saves_a_view_of_what_can_be_read(manager: Client, query: str) -> None:
    assert save(manager, "Odd", query).status_code == 200
    assert SavedView.objects.get().query == ""
