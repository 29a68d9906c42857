"""A caller of the API, as short as tests want it."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.http import HttpResponse
from django.test import Client

from core.calls import Declared
from core.ids import new_id
from core.models import Event, IdempotencyKey, TimelineEntry
from customers.models import Customer
from fulfillment.models import FulfillmentOrder, Shipment
from inventory.models import Movement, Reservation, Stock
from oms.api.urls import api
from orders.models import Hold, Order, OrderLine
from payments.models import Payment, Transaction

WRITTEN = (
    Order, OrderLine, Hold, Payment, Transaction, Customer, Reservation, Movement, Event, TimelineEntry,
    IdempotencyKey, FulfillmentOrder, Shipment,
)  # fmt: skip


def every_call() -> Iterator[tuple[str, str, Declared]]:
    """Each call of the API: method, path below /api/v1, and what it declares."""
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                declared: Any = operation.view_func
                yield operation.methods[0], path, declared.declared


@cache
def promised() -> list[tuple[str, re.Pattern[str], Declared]]:
    """The calls with a pattern of their address; addresses without variables come first."""
    found = [
        (method, re.compile("/api/v1" + re.sub(r"{[^}]+}", "[^/]+", path)), declared)
        for method, path, declared in every_call()
    ]
    return sorted(found, key=lambda call: "[^/]" in call[1].pattern)


def keeps_its_word(response: Any, method: str, path: str) -> HttpResponse:
    """The response, when its shape is the documented one: every field there, none beside."""
    if response.status_code < 300:
        said = next(said for its, address, said in promised() if its == method and address.fullmatch(path))
        assert response.status_code == said.status
        assert said.gives
        said.gives.model_validate(json.loads(response.content))
    answered: HttpResponse = response
    return answered


class Caller:
    """Calls with a key; every write gets an Idempotency-Key of its own unless one is given.

    Every answer is held against what the API's own document promises.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self._client = Client(raise_request_exception=False)

    def get(self, path: str, **query: Any) -> HttpResponse:
        """GET below /api/v1."""
        path = f"/api/v1{path}"
        return keeps_its_word(self._client.get(path, query, headers=self._headers()), "GET", path)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> HttpResponse:
        """POST below /api/v1; bytes go as they are. An empty `key` leaves the header out."""
        return self._write("POST", path, body, key, headers)

    def put(self, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> HttpResponse:
        """PUT below /api/v1, like `post`."""
        return self._write("PUT", path, body, key, headers)

    def _write(self, method: str, path: str, body: Any, key: str | None, headers: dict[str, str]) -> HttpResponse:
        raw = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
        key = str(new_id()) if key is None else key
        given = self._headers() | ({"Idempotency-Key": key} if key else {}) | headers
        kind = given.pop("Content-Type", "application/json")
        path = f"/api/v1{path}"
        response: Any = self._client.generic(method, path, raw, content_type=kind, headers=given)
        return keeps_its_word(response, method, path)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


def told(response: Any, status: int = 200) -> Any:
    """The JSON answer, when the status is the expected one."""
    assert response.status_code == status, response.content.decode()[:2000]
    return json.loads(response.content)


def problem(response: Any, status: int, kind: str) -> Any:
    """The problem told, which has the media type and the shape of RFC 9457."""
    found = told(response, status)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert found["type"].endswith(f"/{kind}"), found
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    assert all(set(error) == {"loc", "msg"} for error in found["errors"])
    return found


def everything_written() -> dict[str, Any]:
    """How many rows there are of all that an order writes, and every stock figure."""
    counts: dict[str, Any] = {model.__name__: model.objects.count() for model in WRITTEN}
    counts["stock"] = sorted(map(str, Stock.objects.values_list("id", "on_hand", "reserved", "allocated")))
    return counts
