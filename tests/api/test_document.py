"""The API describes itself, truly, and its pages ask nobody else."""

import json
import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

DOCUMENT = "/api/v1/openapi.json"


@pytest.fixture
def document(client: Client, db: None) -> Any:
    return json.loads(client.get(DOCUMENT).content)


def references(value: Any) -> set[str]:
    """Every `$ref` in a document."""
    return set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(value)))


def test_the_document_is_openapi_three_one(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["paths"]


def test_every_reference_leads_somewhere(document: Any) -> None:
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"], reference


def test_every_call_says_its_scope_its_answer_and_its_problems(document: Any) -> None:
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            assert call["security"][0]["key"] == [call["x-scope"]], path
            good = [status for status in call["responses"] if status.startswith("2")]
            assert len(good) == 1, path
            assert call["responses"][good[0]]["content"]["application/json"]["schema"], path
            assert "application/problem+json" in call["responses"]["401"]["content"], path
            if method in ("post", "put"):
                assert call["requestBody"]["content"]["application/json"]["schema"], path


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/orders"),
        ("post", "/orders/batch"),
        ("post", "/orders/quote"),
        ("get", "/orders"),
        ("get", "/orders/{number}"),
        ("post", "/orders/{number}/cancel"),
        ("post", "/orders/{number}/holds"),
        ("post", "/holds/{hold_id}/release"),
        ("get", "/availability"),
        ("get", "/inventory"),
        ("put", "/inventory"),
        ("post", "/inventory/adjustments"),
        ("post", "/inbound-supply"),
        ("get", "/inbound-supply"),
        ("post", "/inventory/receipts"),
        ("get", "/serials"),
        ("get", "/lots"),
        ("get", "/lots/{lot_id}/orders"),
        ("get", "/transfers"),
        ("post", "/transfers/{number}/send"),
        ("post", "/transfers/{number}/receive"),
        ("get", "/counts"),
        ("post", "/counts"),
        ("get", "/counts/{number}"),
        ("post", "/counts/{number}/counted"),
        ("post", "/counts/{number}/hand-in"),
        ("get", "/stock-feeds"),
        ("post", "/stock-feeds/{code}/levels"),
        ("get", "/fulfillment-orders"),
        ("post", "/fulfillment-orders/{work_id}/accept"),
        ("post", "/fulfillment-orders/{work_id}/pick"),
        ("post", "/fulfillment-orders/{work_id}/serials"),
        ("post", "/fulfillment-orders/{work_id}/pack"),
        ("post", "/fulfillment-orders/{work_id}/ship"),
        ("post", "/shipments/{shipment_id}/events"),
        ("post", "/returns"),
        ("get", "/returns"),
        ("post", "/returns/{rma}/receive"),
        ("get", "/payments"),
        ("get", "/customers"),
        ("get", "/customers/{customer_id}"),
        ("get", "/ledger/journal"),
        ("get", "/ledger/trial-balance"),
    ],
)
def test_a_call_of_the_contract_is_documented(document: Any, method: str, path: str) -> None:
    assert method in document["paths"][f"/api/v1{path}"]


def test_the_order_taken_is_described_field_by_field(document: Any) -> None:
    order = document["components"]["schemas"]["OrderIn"]
    assert order["additionalProperties"] is False
    assert {"channel", "lines", "shipping_address", "payments"} <= set(order["properties"])


def test_the_page_loads_nothing_from_elsewhere(client: Client, db: None) -> None:
    response = client.get("/api/docs")
    page = response.content.decode()
    assert response.status_code == 200
    assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "//" not in page.replace("<!DOCTYPE", "")
    assert not re.search(r"<script(?![^>]*(src=|application/json))", page)
    for name in re.findall(r"/static/[0-9a-f]+/([^\"]+)", page):
        assert finders.find(name), name
