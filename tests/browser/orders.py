"""An order of a test's own, which nobody else of the tests works on."""

import time
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from core.ids import new_id
from tests.browser.running import System

WORKERS_SECONDS = 120
PLENTY = "JARD-04"
"""A product that the demo company has more than a hundred of."""
BODY: dict[str, Any] = {
    "channel": "web",
    "shipping_address": {
        "name": "Odile Garnier", "line1": "27 rue des Tournelles", "postal_code": "75004", "city": "Paris", "country": "FR",
    },
}  # fmt: skip


def place(system: System, units: int = 3) -> str:
    """An order on account, by the API; its number."""
    customer = {"email": f"{new_id().hex}@example.com", "first_name": "Odile", "last_name": "Garnier"}
    body = BODY | {"customer": customer, "lines": [{"sku": PLENTY, "quantity": units}]}
    key = {"Authorization": f"Bearer {system.company.api_key}"}
    with httpx.Client(base_url=f"{system.url}/api/v1", headers=key, timeout=60) as api:
        answer = api.post("/orders", json=body, headers={"Idempotency-Key": str(new_id())})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


def until_released(page: Page, number: str, units: int = 3) -> None:
    """Look at it again until workers have routed and released it; then it changes no more by itself."""
    page.goto(f"/orders/{number}/")
    expect(page.locator("h1")).to_have_text(number)
    until = time.monotonic() + WORKERS_SECONDS
    while f"{units} to pick" not in page.locator("main").inner_text() and time.monotonic() < until:
        page.wait_for_timeout(250)
        page.reload()
    expect(page.locator("main")).to_contain_text(f"{units} to pick")
