"""A caller of the API, as short as tests want it."""

import json
import re
from functools import cache
from typing import Any

from django.http import HttpResponse
from django.test import Client
from pydantic import BaseModel

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


@cache
def promised() -> list[tuple[str, re.Pattern[str], int, type[BaseModel]]]:
    """What each call says that it gives: method, address, status and shape. Addresses without variables come first."""
    found = []
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                said = operation.view_func.declared  # type: ignore[attr-defined]
                address = re.compile("/api/v1" + re.sub(r"{[^}]+}", "[^/]+", path))
                found.append((operation.methods[0], address, said.status, said.gives))
    return sorted(found, key=lambda call: "[^/]" in call[1].pattern)


def keeps_its_word(response: HttpResponse, method: str, path: str) -> HttpResponse:
    """The response, when its shape is the documented one: every field there, none beside."""
    if response.status_code < 300:
        status, gives = next((s, g) for m, address, s, g in promised() if m == method and address.fullmatch(path))
        assert response.status_code == status
        gives.model_validate(json.loads(response.content))
    return response


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
        raw = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
        key = str(new_id()) if key is None else key
        given = self._headers() | ({"Idempotency-Key": key} if key else {}) | headers
        kind = given.pop("Content-Type", "application/json")
        path = f"/api/v1{path}"
        return keeps_its_word(self._client.post(path, raw, content_type=kind, headers=given), "POST", path)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


def told(response: HttpResponse, status: int = 200) -> Any:
    """The JSON answer, when the status is the expected one."""
    assert response.status_code == status, response.content.decode()[:2000]
    return json.loads(response.content)


def problem(response: HttpResponse, status: int, kind: str) -> Any:
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
