"""Every address and every call of the API, for every role and for nobody, at one's own place and from another one."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.cache import cache as shared_cache
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from pytest_django.plugin import DjangoDbBlocker

from core.actors import SYSTEM
from core.ids import new_id
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
    _expect(row, signed_in(""), undone, _expected(row, frozenset()))


@pytest.mark.parametrize("at", [EVERYWHERE, HERE, ELSEWHERE])
@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_what_the_table_says(role: str, at: str, undone: Things) -> None:
    location = {EVERYWHERE: None, HERE: undone.here, ELSEWHERE: undone.elsewhere}[at]
    client = signed_in(role, location_id=location)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    for row in ROWS:
        client.cookies[settings.SESSION_COOKIE_NAME] = session  # which one of the rows ends
        with transaction.atomic():
            _expect(row, client, undone, _expected(row, settings.ROLES[role], at))
            transaction.set_rollback(True)


def _expected(row: Row, permissions: Collection[str], at: str = EVERYWHERE) -> int:
    """What somebody who has signed in and holds these permissions there is answered."""
    if row.guard in (PUBLIC, SIGNED_IN):
        return row.inside or row.ok
    if row.guard not in permissions:
        return row.without
    return row.elsewhere if row.elsewhere and at == ELSEWHERE else row.ok


def _expect(row: Row, client: Client, world: Things, expected: int) -> None:
    """The answer that the table tells; and whoever is refused has changed nothing."""
    refused = expected in (403, 404, row.elsewhere) and row.method != GET
    before = everything_written() if refused else None

    response = _ask(client, row, world)

    assert response.status_code == expected, f"{row.route}: {response.status_code} {response.content[:300]!r}"
    if refused:
        assert everything_written() == before, row.route


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
