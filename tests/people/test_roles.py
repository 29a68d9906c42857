"""Roles are data: changed, copied, compared, reset; nobody gives what they do not hold."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.db import IntegrityError, connection, transaction
from pytest_django.fixtures import DjangoAssertNumQueries

from core.actors import SYSTEM, Actor
from core.models import Grant, Role, TimelineEntry
from core.people import grants, persons, roles
from core.people.authority import about
from core.people.roles import Wish, role_by_code
from core.permissions import allows, locations_of, reaches
from core.problems import Conflict, Forbidden, Invalid, NotFound
from core.versions import Stale
from tests.factories.people import signed_in
from tests.people.making import acting, fresh, person

pytestmark = pytest.mark.django_db


def wish(*permissions: str, name: str = "Night shift", careful: bool = False, idle: int = 60) -> Wish:
    return Wish(name, "", frozenset(permissions), careful, idle)


def with_permissions(code: str, *permissions: str) -> Wish:
    now = role_by_code(code).wish
    return Wish(now.name, now.description, frozenset(permissions), now.needs_second_factor, now.idle_minutes)


def change(code: str, new: Wish, actor: Actor = SYSTEM) -> None:
    roles.change_role(code, new, version=str(role_by_code(code).version), actor=actor)


def test_every_role_of_the_trade_is_there_with_what_it_was_delivered_with() -> None:
    found = {role.code: role.wish.permissions for role in roles.all_roles()}

    assert found == dict(settings.ROLES)
    assert not any(role.changed for role in roles.all_roles())


def test_every_permission_of_a_role_is_declared_and_the_administrator_has_them_all() -> None:
    declared = set(settings.PERMISSIONS)

    assert all(given <= declared for given in settings.ROLES.values())
    assert settings.ROLES["admin"] == declared
    assert declared >= settings.FLOOR
    assert {permission.group for permission in settings.PERMISSIONS.values()} <= set(settings.GROUPS)


def test_the_database_knows_which_roles_as_delivered_manage_people() -> None:
    managing = {role.code for role in Role.objects.filter(manages_people=True)}

    assert managing == {code for code, given in settings.ROLES.items() if "people.manage" in given}


def test_what_a_role_allows_is_read_in_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    somebody = person("anna", "clerk")
    with django_assert_num_queries(1):
        assert allows(somebody, "orders.place")
        assert not allows(somebody, "ledger.view")
        assert locations_of(somebody, "orders.view") is None


def test_a_changed_role_holds_for_all_who_have_it_and_nothing_else_changes() -> None:
    anna, store = person("anna", "clerk"), person("sam", "store")

    change("clerk", with_permissions("clerk", "orders.view"))

    assert set(reaches(fresh(anna))) == {"orders.view"}
    assert set(reaches(fresh(store))) == settings.ROLES["store"]


def test_a_changed_role_is_put_back_as_it_came() -> None:
    change("clerk", with_permissions("clerk", "orders.view"))
    assert role_by_code("clerk").changed

    roles.reset_role("clerk", actor=SYSTEM)

    assert role_by_code("clerk").wish.permissions == settings.ROLES["clerk"]
    assert not role_by_code("clerk").changed


def test_a_role_nobody_has_changed_follows_what_is_delivered(settings: LazySettings) -> None:
    anna = person("anna", "clerk")
    settings.ROLES = settings.ROLES | {"clerk": frozenset({"ledger.view"})}

    assert set(reaches(anna)) == {"ledger.view"}


def test_a_permission_that_is_declared_no_longer_is_held_by_nobody(settings: LazySettings) -> None:
    change("clerk", with_permissions("clerk", "orders.view", "orders.place"))
    anna = person("anna", "clerk")
    settings.PERMISSIONS = {name: said for name, said in settings.PERMISSIONS.items() if name != "orders.place"}

    assert set(reaches(anna)) == {"orders.view"}


def test_what_was_changed_stands_on_the_timeline_with_before_and_after() -> None:
    boss = person("boss", "admin", first_name="Bea", last_name="Boss")
    change("planner", with_permissions("planner", "stock.view"), acting(boss))

    entry = TimelineEntry.objects.get(action="role.change")
    assert (entry.actor, entry.about) == ("Bea Boss", Role.objects.get(code="planner").pk)
    assert entry.data["before"]["permissions"] == sorted(settings.ROLES["planner"])
    assert entry.data["after"]["permissions"] == ["stock.view"]


def test_an_own_role_is_made_given_and_only_deleted_when_nobody_has_it() -> None:
    code = roles.make_role(wish("stock.view"), actor=SYSTEM)
    anna = person("anna", code)
    assert allows(anna, "stock.view")

    with pytest.raises(Conflict, match="1 people have this role"):
        roles.delete_role(code, actor=SYSTEM)
    Grant.objects.filter(user=anna).delete()
    roles.delete_role(code, actor=SYSTEM)

    with pytest.raises(NotFound):
        role_by_code(code)


def test_two_roles_of_one_name_get_codes_of_their_own() -> None:
    codes = [roles.make_role(wish("stock.view", name=name), actor=SYSTEM) for name in ("Été", "Été", "12", "???")]

    assert codes == ["ete", "ete-2", "role-12", "role"]


def test_a_built_in_role_is_never_deleted() -> None:
    with pytest.raises(Conflict):
        roles.delete_role("store", actor=SYSTEM)


def test_of_two_changes_at_once_the_second_is_told() -> None:
    before = str(role_by_code("store").version)
    change("store", with_permissions("store", "stock.view"))

    with pytest.raises(Stale):
        roles.change_role("store", with_permissions("store", "orders.view"), version=before, actor=SYSTEM)
    assert role_by_code("store").wish.permissions == {"stock.view"}


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("name", wish("stock.view", name="")),
        ("name", wish("stock.view", name="x" * 61)),
        ("name", wish("stock.view", name="a\0b")),
        ("permissions", wish("stock.view", "orders.steal")),
        ("idle_minutes", wish("stock.view", idle=0)),
        ("idle_minutes", wish("stock.view", idle=10**9)),
    ],
)
def test_a_role_that_cannot_be_is_refused_by_its_field(field: str, bad: Wish) -> None:
    with pytest.raises(Invalid) as refused:
        roles.make_role(bad, actor=SYSTEM)
    assert [error["loc"] for error in refused.value.errors] == [[field]]


# Nobody gives what they do not hold


@pytest.fixture
def half() -> Any:
    """Somebody who manages people and stock, and nothing else."""
    code = roles.make_role(wish("people.manage", "stock.view", name="Half"), actor=SYSTEM)
    return person("half", code)


def test_nobody_makes_a_role_with_more_than_they_hold(half: Any) -> None:
    with pytest.raises(Forbidden, match=r"payments\.refund"):
        roles.make_role(wish("stock.view", "payments.refund"), actor=acting(half))


def test_nobody_adds_to_their_own_role_what_they_do_not_hold(half: Any) -> None:
    with pytest.raises(Forbidden, match=r"ledger\.view"):
        change("half", with_permissions("half", "people.manage", "stock.view", "ledger.view"), acting(half))


def test_nobody_weakens_a_role_that_may_more_than_themselves(half: Any) -> None:
    with pytest.raises(Forbidden):
        change("manager", with_permissions("manager", "stock.view"), acting(half))
    with pytest.raises(Forbidden):
        roles.reset_role("manager", actor=acting(half))


@pytest.mark.parametrize("to", ["half", "other"])
def test_nobody_gives_a_role_with_more_than_they_hold(half: Any, to: str) -> None:
    target = half if to == "half" else person("other")
    with pytest.raises(Forbidden, match="what you do not hold"):
        grants.give(target.pk, "finance", None, actor=acting(half))
    assert not Grant.objects.filter(role="finance").exists()


def test_nobody_takes_the_account_of_somebody_who_may_more(half: Any) -> None:
    boss = person("boss", "admin")
    grant = Grant.objects.get(user=boss)
    new = persons.Details("boss", "half@example.com", "", "")
    acts: list[Callable[[], object]] = [
        lambda: persons.change(boss.pk, new, actor=acting(half)),
        lambda: persons.reset_link(boss.pk, actor=acting(half)),
        lambda: persons.send_away(boss.pk, actor=acting(half)),
        lambda: grants.take(grant.pk, actor=acting(half)),
    ]
    for act in acts:
        with pytest.raises(Forbidden):
            act()
    boss = fresh(boss)
    assert (boss.email, boss.is_active, boss.grants.count()) == ("boss@example.com", True, 1)
    assert not boss.one_time_links.exists()


def test_nobody_but_a_superuser_touches_a_superuser(half: Any) -> None:
    root = person("root", is_superuser=True)
    with pytest.raises(Forbidden):
        persons.reset_link(root.pk, actor=acting(person("boss", "admin")))


def test_who_does_not_manage_people_gives_nothing_not_even_what_they_hold() -> None:
    clerk, other = person("clerk", "clerk"), person("other")
    with pytest.raises(Forbidden):
        grants.give(other.pk, "clerk", None, actor=acting(clerk))


def test_giving_twice_changes_nothing_and_is_told_once() -> None:
    anna = person("anna")
    for _ in range(2):
        grants.give(anna.pk, "clerk", None, actor=SYSTEM)

    assert anna.grants.count() == 1
    assert TimelineEntry.objects.filter(about=about(anna.pk), action="person.give").count() == 1


# What the database says by itself


@pytest.mark.parametrize(
    ("sql", "constraint"),
    [
        ("INSERT INTO core_grant (id, user_id, role) SELECT gen_random_uuid(), id, 'nobody' FROM auth_user", "grant_role"),
        ("DELETE FROM core_role WHERE code = 'store'", "is built in"),
        ("UPDATE core_role SET code = 'shop' WHERE code = 'store'", "keeps its code"),
        ("UPDATE core_role SET built_in = false WHERE code = 'store'", "keeps its code"),
        ("UPDATE core_role SET permissions = '{people.manage}' WHERE code = 'store'", "role_says_who_manages"),
        ("UPDATE core_role SET permissions = '{}', manages_people = true WHERE code = 'store'", "role_says_who_manages"),
        ("UPDATE core_role SET idle_minutes = 0 WHERE code = 'store'", "role_idle"),
        ("INSERT INTO core_role (id, code, name, description, built_in, manages_people, version) VALUES (gen_random_uuid(), 'bare', '', '', false, false, 1)", "role_own_is_whole"),
        ("INSERT INTO core_grant (id, user_id, role) SELECT gen_random_uuid(), user_id, role FROM core_grant", "grant_once"),
    ],
)  # fmt: skip
def test_the_database_refuses_what_would_break_the_roles(sql: str, constraint: str) -> None:
    person("anna", "clerk")
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


LAST = [
    "DELETE FROM core_grant WHERE role = 'admin'",
    "UPDATE core_grant SET role = 'clerk' WHERE role = 'admin'",
    "UPDATE core_grant SET location_id = gen_random_uuid() WHERE role = 'admin'",
    "UPDATE auth_user SET is_active = false",
    "UPDATE core_role SET permissions = '{orders.view}', manages_people = false WHERE code = 'admin'",
]


@pytest.mark.parametrize("sql", LAST)
def test_the_database_keeps_somebody_who_may_manage_people(sql: str) -> None:
    person("boss", "admin")
    with (
        pytest.raises(IntegrityError, match="Nobody would be left who may manage people"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("sql", LAST[:1])
def test_one_of_two_administrators_may_go(sql: str) -> None:
    person("boss", "admin")
    second = person("second", "admin")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_grant WHERE user_id = %s", [second.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_last_administrator_is_kept_in_words_by_every_service() -> None:
    boss = person("boss", "admin")
    root_like = acting(boss)
    with pytest.raises(Conflict, match="Nobody would be left"):
        grants.take(Grant.objects.get(user=boss).pk, actor=root_like)
    with pytest.raises(Conflict, match="Nobody would be left"):
        change("admin", with_permissions("admin", "orders.view"), root_like)
    with pytest.raises(Conflict, match="Nobody would be left"):
        persons.send_away(boss.pk, actor=SYSTEM)
    assert fresh(boss).is_active
    assert Grant.objects.filter(user=boss).exists()


# The screens


def test_a_role_is_changed_on_its_page_and_the_page_tells_the_difference() -> None:
    boss = signed_in("admin")
    page = boss.get("/people/roles/store/")
    sent = {
        "name": "Store", "description": "x", "idle_minutes": "30", "version": f"{page.context['role'].version}@1",
        "permissions": ["orders.view", "stock.adjust"],
    }  # fmt: skip

    assert boss.post("/people/roles/store/", sent).status_code == 302

    text = boss.get("/people/roles/store/").content.decode()
    assert "Changed since it came with the system" in text
    assert "Correct stock" in text
    assert boss.post("/people/roles/store/reset/").status_code == 302
    assert not role_by_code("store").changed


def test_what_is_wrong_with_a_role_stands_by_its_field_and_nothing_typed_is_lost() -> None:
    boss = signed_in("admin")
    answer = boss.post("/people/roles/new/", {"name": "", "idle_minutes": "7", "permissions": ["ledger.view"]})

    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Give the role a name." in text
    assert 'value="7"' in text
    assert 'value="ledger.view" id="may-ledgerview" checked' in text


def test_roles_are_compared_side_by_side() -> None:
    answer = signed_in("admin").get("/people/roles/compare/?one=store&other=warehouse")

    assert answer.context["only_one"] == []
    assert [str(each) for each in answer.context["only_other"]] == ["Correct stock", "Set up bins"]
