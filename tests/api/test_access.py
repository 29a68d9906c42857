"""Every call names its scope; a key without it is told which one it lacks."""

import json
import re

import pytest
from django.test import Client

from core.actors import SYSTEM
from integrations.services import create_api_key, known_scopes, revoke_api_key
from oms.api.openapi import operations
from oms.api.urls import api as site
from tests.api.client import Caller, every_call, everything_written, problem, told
from tests.factories.world import MUG, World, order_body

CALLS = sorted((method, f"/api/v1{path}", declared.scope) for method, path, declared in every_call())


def address(path: str) -> str:
    """An address of the right shape that leads nowhere."""
    path = re.sub(r"{uuid(str)?:\w+}", "0190a1b2-0000-7000-8000-000000000000", path)
    return path.replace("{number}", "WEB-0").replace("{rma}", "RMA-0")


def test_every_call_declares_a_scope_that_a_role_gives() -> None:
    assert CALLS
    for operation in operations(site):
        assert operation.view_func.declared.scope in known_scopes()
        (guard,) = operation.auth_callbacks
        assert guard.scope == operation.view_func.declared.scope


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "scope"), CALLS)
def test_a_call_without_a_key_is_refused(method: str, path: str, scope: str) -> None:
    response = Client().generic(method, address(path), b"{}", content_type="application/json")
    problem(response, 401, "forbidden")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "scope"), CALLS)
def test_a_key_without_the_scope_is_told_which_one_it_lacks(method: str, path: str, scope: str) -> None:
    key = create_api_key("all but one", set(known_scopes()) - {scope}, actor=SYSTEM)
    response = Client().generic(
        method, address(path), b"{}", content_type="application/json", headers={"Authorization": f"Bearer {key}"}
    )
    found = problem(response, 403, "forbidden")
    assert found["scope"] == scope
    assert scope in found["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "scope"), [call for call in CALLS if call[0] == "POST"])
def test_a_write_without_a_key_for_repeats_is_refused(method: str, path: str, scope: str) -> None:
    if path.endswith(("/orders/quote", "/orders/batch")):
        return  # the one writes nothing, the other has a key in each order
    caller = Caller(create_api_key("all", ["all"], actor=SYSTEM))
    problem(caller.post(address(path).removeprefix("/api/v1"), {}, key=""), 400, "invalid")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer wrong", "Bearer \xe9\xff", "x" * 5000]
)
def test_a_wrong_key_is_refused(world: World, header: str) -> None:
    response = Client(raise_request_exception=False).get("/api/v1/orders", headers={"Authorization": header})
    problem(response, 401, "forbidden")


def test_a_revoked_key_is_refused_at_the_next_call(world: World, api: Caller) -> None:
    told(api.get("/orders"))
    revoke_api_key("tests", actor=SYSTEM)
    problem(api.get("/orders"), 401, "forbidden")


def test_a_sign_in_of_a_person_is_no_key(world: World, admin_client: Client) -> None:
    problem(admin_client.get("/api/v1/orders"), 401, "forbidden")


def test_what_a_key_does_is_told_under_its_name(world: World, api: Caller) -> None:
    told(
        api.post("/inventory/adjustments", {"location": "DC-LYON", "sku": MUG, "quantity": -1, "reason": "damaged"}),
        201,
    )
    (movement,) = world.variants[MUG].movement_set.filter(reason="adjustment")
    assert movement.actor == "tests"


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/api/v1/no-such-thing", 404, "not-found"),
        ("GET", "/api/", 404, "not-found"),
        ("GET", "/api/v1", 404, "not-found"),
        ("GET", "/api/v1/", 404, "not-found"),
        ("GET", "/api/v2/orders", 404, "not-found"),
        ("POST", "/api/v1/holds/not-an-id/release", 404, "not-found"),
        ("DELETE", "/api/v1/orders", 405, "method-not-allowed"),
        ("PUT", "/api/v1/orders", 405, "method-not-allowed"),
        ("GET", "/api/v1/webhooks/payments/stripe", 405, "method-not-allowed"),
        ("POST", "/api/docs", 405, "method-not-allowed"),
    ],
)
def test_everything_below_api_is_told_as_a_problem(
    world: World, method: str, path: str, status: int, kind: str
) -> None:
    problem(Client(raise_request_exception=False).generic(method, path), status, kind)


def test_too_large_a_message_of_the_provider_is_told_as_a_problem(world: World) -> None:
    response = Client(raise_request_exception=False).post(
        "/api/v1/webhooks/payments/stripe", b"x" * 1_500_000, content_type="application/json"
    )
    assert response.status_code in (400, 413)
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_wrong_host_is_told_as_a_problem(world: World) -> None:
    problem(Client().get("/api/v1/orders", headers={"Host": "evil.example"}), 400, "invalid")


@pytest.mark.parametrize("number", ["WEB-0", "%00", "a%0Ab", "%ff", "..%2f..%2fetc", "x" * 2000, "'; DROP TABLE x; --"])
def test_an_order_that_is_not_there_is_not_found(world: World, api: Caller, number: str) -> None:
    problem(api.get(f"/orders/{number}"), 404, "not-found")


def test_a_fault_of_ours_is_a_problem_without_details(
    world: World, api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr("capture.services.place_order", fail)
    before = everything_written()
    found = problem(api.post("/orders", order_body()), 500, "internal")
    assert "secret" not in json.dumps(found)
    assert everything_written() == before
