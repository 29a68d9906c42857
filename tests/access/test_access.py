"""Every address and every call of the API, for every role and for nobody, at one's own place and from another one."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache as shared_cache
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from pytest_django.plugin import DjangoDbBlocker

from core.actors import SYSTEM
from core.ids import new_id
from core.models import Device, Grant, OneTimeLink, Role, Session
from core.people import devices
from core.people.sessions import DEVICE
from integrations.services import create_api_key, known_scopes
from tests.access.table import CALLS, GET, PUBLIC, ROWS, SIGNED_IN, Call, Row
from tests.access.world import Things, things
from tests.api.client import every_call, everything_written
from tests.factories.people import signed_in

ROLES = sorted(settings.ROLES)
PAGES_OF_API = ("openapi-json", "api-root")
"""Of the addresses of the API, those that are no calls: calls have a table of their own."""
PLAIN = re.compile(r"{\w+:")
EVERYWHERE, HERE, ELSEWHERE = "everywhere", "here", "elsewhere"
TABLET_HERE, TABLET_ELSEWHERE = "on a tablet here", "on a tablet elsewhere"


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Things]:
    """One company for all tests of this module; nothing that they do stays."""
    shared_cache.clear()
    with django_db_blocker.unblock(), transaction.atomic():
        yield things()
        transaction.set_rollback(True)
    shared_cache.clear()


@pytest.fixture
def undone(world: Things) -> Iterator[Things]:
    """The same company for each test: what a test does is undone at its end, and what was counted is forgotten."""
    shared_cache.clear()
    with transaction.atomic():
        yield world
        transaction.set_rollback(True)


# The table is whole


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    assert sorted(row.route for row in ROWS) == sorted(name for name, _pattern in _routes())


def test_every_call_has_its_row_and_every_row_its_call() -> None:
    declared = {(method, PLAIN.sub("{", path)): said.scope for method, path, said in every_call()}

    assert {(call.method, call.pattern): call.scope for call in CALLS} == declared
    assert len(CALLS) == len(declared)


def test_the_views_name_the_permissions_of_the_table() -> None:
    guards = {name: getattr(pattern.callback, "permission", None) for name, pattern in _routes()}
    known = set(known_scopes())

    for row in ROWS:
        if row.guard in (PUBLIC, SIGNED_IN):
            assert guards[row.route] in (None, row.guard), row.route
        else:
            assert guards[row.route] == row.guard, row.route
            assert row.guard in known, row.route


def _routes() -> list[tuple[str, URLPattern]]:
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: list[URLPattern | URLResolver], space: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            name = pattern.name or f"{pattern.callback.__module__}.{pattern.callback.__name__}"
            if space != "api:" or name in PAGES_OF_API:
                yield f"{space}{name}", pattern
        else:
            yield from _walk(pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space)


# Pages


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.route)
def test_a_row_calls_the_route_that_it_is_about(row: Row, undone: Things) -> None:
    assert resolve(undone.fill(row.path).partition("?")[0]).view_name == row.route


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.route)
def test_nobody_opens_only_what_is_public(row: Row, undone: Things) -> None:
    response = _ask(Client(), row, undone)

    if row.guard == PUBLIC:
        assert response.status_code == row.ok
    else:
        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.route)
def test_who_has_no_role_opens_only_what_is_for_everybody(row: Row, undone: Things) -> None:
    assert _faults(row, signed_in(""), undone, _expected(row, frozenset())) == []


@pytest.mark.parametrize("at", [EVERYWHERE, HERE, ELSEWHERE, TABLET_HERE, TABLET_ELSEWHERE])
@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_what_the_table_says(role: str, at: str, undone: Things) -> None:
    location = {HERE: undone.here, ELSEWHERE: undone.elsewhere}.get(at)
    client = signed_in(role, location_id=location)
    if at in (TABLET_HERE, TABLET_ELSEWHERE):
        use_tablet(client, undone.here if at == TABLET_HERE else undone.elsewhere)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    faults, before = [], _written()
    for row in ROWS:
        if not _matters(row, role, at):
            continue
        client.cookies[settings.SESSION_COOKIE_NAME] = session  # which one of the rows ends
        with transaction.atomic():
            faults += _faults(row, client, undone, _expected(row, settings.ROLES[role], at), before)
            transaction.set_rollback(True)
    assert not faults, "\n".join(faults)


def _matters(row: Row, role: str, at: str) -> bool:
    """Everywhere, and on a tablet for those who may most, every row; elsewhere those that a place limits."""
    if at == EVERYWHERE or (at == TABLET_HERE and role == "admin"):
        return True
    return bool(row.elsewhere or row.whole) and row.guard in settings.ROLES[role]


def use_tablet(client: Client, place: UUID) -> None:
    """The person works on a shared tablet of this place."""
    tablet, _secret = devices.register("The tablet", place, 30, actor=SYSTEM)
    session = client.session
    session[DEVICE] = str(tablet.pk)
    session.save()


def _expected(row: Row, permissions: frozenset[str], at: str = EVERYWHERE) -> int:
    """What somebody who has signed in and holds these permissions there is answered."""
    on_tablet = at in (TABLET_HERE, TABLET_ELSEWHERE)
    if on_tablet and row.tablet:
        return row.tablet
    if row.guard in (PUBLIC, SIGNED_IN):
        return row.inside or row.ok
    if row.guard not in (permissions & settings.FLOOR if on_tablet else permissions):
        return row.without
    if row.whole and at != EVERYWHERE:
        return row.without
    return row.elsewhere if row.elsewhere and at in (ELSEWHERE, TABLET_ELSEWHERE) else row.ok


def _faults(row: Row, client: Client, world: Things, expected: int, before: Any = None) -> list[str]:
    """Where the answer is not what the table tells; and whoever is refused must have changed nothing."""
    response = _ask(client, row, world)
    if response.status_code != expected:
        return [f"{row.route}: {response.status_code} in the place of {expected}: {response.content[:200]!r}"]
    refused = before and row.method != GET and expected in (403, 404, row.elsewhere)
    return [f"{row.route} was refused and has changed something"] if refused and _written() != before else []


def _written() -> tuple[Any, ...]:
    """Everything that a refused request must leave alone."""
    people = Grant.objects.count(), sorted(Role.objects.values_list("code", "version"))
    accounts = list(get_user_model().objects.order_by("pk").values_list("pk", "is_active", "email"))
    devices_in_use = Device.objects.filter(revoked_at=None).count()
    return everything_written(), people, accounts, devices_in_use, OneTimeLink.objects.count(), Session.objects.count()


def _ask(client: Client, row: Row, world: Things) -> Any:
    return client.generic(
        row.method,
        world.fill(row.path),
        _form(world.fill(row.data)) if row.data else b"",
        content_type="application/x-www-form-urlencoded",
    )


def _form(data: dict[str, str]) -> bytes:
    return urlencode(data).encode()


# Calls of the API


@pytest.fixture(scope="module")
def keys(world: Things) -> dict[str, str]:
    """A key for each scope, and that scope only."""
    return {scope: create_api_key(f"only {scope}", [scope], actor=SYSTEM) for scope in known_scopes()}


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.pattern}")
def test_a_key_opens_the_calls_of_its_scope_and_no_others(call: Call, keys: dict[str, str], undone: Things) -> None:
    for scope, key in keys.items():
        with transaction.atomic():
            response = _call(call, undone, key)
            transaction.set_rollback(True)
        assert response.status_code == (call.ok if scope == call.scope else 403), (scope, response.content[:500])


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.pattern}")
def test_without_a_key_no_call_is_answered(call: Call, undone: Things) -> None:
    before = everything_written()

    assert _call(call, undone, "").status_code == 401
    assert _call(call, undone, "wrong").status_code == 401
    assert everything_written() == before


def _call(call: Call, world: Things, key: str) -> Any:
    headers = {"Idempotency-Key": str(new_id())} | ({"Authorization": f"Bearer {key}"} if key else {})
    body = json.dumps({} if call.body is None else world.fill(call.body)) if call.method != GET else ""
    return Client().generic(
        call.method, "/api/v1" + world.fill(call.path), body, content_type="application/json", headers=headers
    )
