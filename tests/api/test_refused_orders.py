"""What cannot be an order is refused: the problem names the field, and nothing at all is written."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.client import Caller, everything_written, problem
from tests.factories.world import MUG, World, order_body

Change = Callable[[dict[str, Any]], Any]


def put(value: Any, *place: str | int) -> Change:
    """A sound order with one value replaced or added."""

    def change(body: dict[str, Any]) -> None:
        inner: Any = body
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = value

    return change


def without(*place: str | int) -> Change:
    """A sound order with one value left out."""

    def change(body: dict[str, Any]) -> None:
        inner: Any = body
        for step in place[:-1]:
            inner = inner[step]
        del inner[place[-1]]

    return change


QUANTITY, PRICE, SKU = ("lines", 0, "quantity"), ("lines", 0, "unit_price"), ("lines", 0, "sku")
PAYMENT = {"tender": "card", "amount": "28.90", "token": "tok_visa"}

REFUSED: list[tuple[str, Change, tuple[str | int, ...]]] = [
    ("a negative quantity", put(-1, *QUANTITY), QUANTITY),
    ("no units", put(0, *QUANTITY), QUANTITY),
    ("half a unit", put(1.5, *QUANTITY), QUANTITY),
    ("a quantity as text", put("2", *QUANTITY), QUANTITY),
    ("a boolean quantity", put(True, *QUANTITY), QUANTITY),
    ("a quantity of nothing", put(None, *QUANTITY), QUANTITY),
    ("a huge quantity", put(10**12, *QUANTITY), QUANTITY),
    ("a quantity beyond all integers", put(10**40, *QUANTITY), QUANTITY),
    ("a list as quantity", put([1], *QUANTITY), QUANTITY),
    ("a negative price", put("-1.00", *PRICE), PRICE),
    ("a boolean price", put(True, *PRICE), PRICE),
    ("a price in words", put("ten", *PRICE), PRICE),
    ("NaN as text", put("NaN", *PRICE), PRICE),
    ("infinity as text", put("Infinity", *PRICE), PRICE),
    ("an exponent", put("1e3", *PRICE), PRICE),
    ("a price above all prices", put("99999999999", *PRICE), PRICE),
    ("a price with a comma", put("2,55", *PRICE), PRICE),
    ("a price with five decimals", put("2.55555", *PRICE), PRICE),
    ("Arabic digits", put("٢", *PRICE), PRICE),
    ("a tax rate of more than all", put("1.20", "lines", 0, "tax_rate"), ("lines", 0, "tax_rate")),
    ("a negative tax rate", put("-0.20", "lines", 0, "tax_rate"), ("lines", 0, "tax_rate")),
    ("a negative discount", put("-5.00", "lines", 0, "discount"), ("lines", 0, "discount")),
    ("a discount above the price", put("500.00", "lines", 0, "discount"), ("lines", 0, "discount")),
    ("a negative shipping price", put("-4.90", "shipping_price"), ("shipping_price",)),
    ("an unknown SKU", put("NO-SUCH", *SKU), SKU),
    ("an empty SKU", put("", *SKU), SKU),
    ("a SKU of 10 kB", put("A" * 10_000, *SKU), SKU),
    ("NUL in a SKU", put("MUG\x00", *SKU), SKU),
    ("an escape character in a name", put("A\x1b[31m", "shipping_address", "name"), ("shipping_address", "name")),
    ("a line break in a name", put("A\r\nBcc: b", "shipping_address", "name"), ("shipping_address", "name")),
    ("half a character", put("\ud800", "shipping_address", "name"), ("shipping_address", "name")),
    ("a name of 10 kB", put("B" * 10_000, "shipping_address", "name"), ("shipping_address", "name")),
    ("no lines", put([], "lines"), ("lines",)),
    ("lines that are no list", put({}, "lines"), ("lines",)),
    ("a line that is no object", put(7, "lines", 0), ("lines", 0)),
    ("no lines at all", without("lines"), ("lines",)),
    ("no address", without("shipping_address"), ("shipping_address",)),
    ("no channel", without("channel"), ("channel",)),
    ("an unknown channel", put("moon", "channel"), ("channel",)),
    ("another currency", put("USD", "currency"), ("currency",)),
    ("a currency that is none", put("euro", "currency"), ("currency",)),
    ("a country that is none", put("France", "shipping_address", "country"), ("shipping_address", "country")),
    ("a time without zone", put("2026-11-23T10:00:00", "placed_at"), ("placed_at",)),
    ("a time far ahead", put("2999-01-01T00:00:00Z", "placed_at"), ("placed_at",)),
    ("a time that is none", put("yesterday", "placed_at"), ("placed_at",)),
    ("an address that is no e-mail", put("nobody", "customer", "email"), ("customer", "email")),
    ("a header in an e-mail", put("a@b.fr\nBcc: c@d.fr", "customer", "email"), ("customer", "email")),
    ("an unknown field", put(1, "colour"), ("colour",)),
    ("an unknown field of a line", put(1, "lines", 0, "colour"), ("lines", 0, "colour")),
    ("somebody's total", put("0.01", "total"), ("total",)),
    ("somebody's status", put("completed", "status"), ("status",)),
    ("somebody's number", put("WEB-1", "number"), ("number",)),
    ("somebody's tax", put("0.00", "lines", 0, "tax"), ("lines", 0, "tax")),
    ("a foreign line id", put("0190a1b2-0000-7000-8000-000000000000", "lines", 0, "id"), ("lines", 0, "id")),
    ("a foreign customer id", put("0190a1b2-0000-7000-8000-000000000000", "customer", "id"), ("customer", "id")),
    ("another method", put("teleport", "fulfillment"), ("fulfillment",)),
    ("a payment of too little", put([{**PAYMENT, "amount": "1.00"}], "payments"), ("payments",)),
    ("a payment without token", put([{**PAYMENT, "token": ""}], "payments"), ("payments", 0, "token")),
    ("an unknown tender", put([{**PAYMENT, "tender": "shells"}], "payments"), ("payments", 0, "tender")),
    ("a card number", put([{**PAYMENT, "token": "4242 4242 4242 4242"}], "payments"), ("payments", 0, "token")),
    ("a negative payment", put([{**PAYMENT, "amount": "-28.90"}], "payments"), ("payments", 0, "amount")),
]  # fmt: skip


@pytest.mark.parametrize(("change", "place"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_cannot_be_an_order_is_refused_by_field(
    world: World, api: Caller, change: Change, place: tuple[str | int, ...]
) -> None:
    body = order_body()
    change(body)
    before = everything_written()

    found = problem(api.post("/orders", body), 422, "invalid")

    assert list(place) in [error["loc"] for error in found["errors"]]
    assert everything_written() == before


SOUND = json.dumps(order_body())
UNREADABLE: list[tuple[str, bytes, int]] = [
    ("broken JSON", b'{"channel": "web"', 400),
    ("no JSON at all", b"channel=web", 400),
    ("a body that is a list", b"[]", 422),
    ("a body that is a number", b"7", 422),
    ("null", b"null", 422),
    ("no body", b"", 422),
    ("NaN", SOUND.replace('"quantity": 2', '"quantity": NaN').encode(), 400),
    ("minus infinity", SOUND.replace('"quantity": 2', '"quantity": -Infinity').encode(), 400),
    ("1e309", SOUND.replace('"quantity": 2', '"quantity": 1e309').encode(), 422),
    ("an exponent beyond all", SOUND.replace('"quantity": 2', '"quantity": 1e99999999999999999999').encode(), 400),
    ("a price of 1e309", SOUND.replace('"quantity": 2', '"quantity": 2, "unit_price": 1e309').encode(), 422),
    ("a price of 1e-400", SOUND.replace('"quantity": 2', '"quantity": 2, "unit_price": 1e-400').encode(), 422),
    ("a number of 5,000 digits", SOUND.replace('"quantity": 2', '"quantity": ' + "9" * 5000).encode(), 400),
    ("a thousand levels", SOUND.replace('"quantity": 2', '"quantity": ' + "[" * 1000 + "]" * 1000).encode(), 400),
    ("100,000 levels", b"[" * 100_000, 400),
    ("a hundred levels", SOUND.replace('"quantity": 2', '"quantity": ' + "[" * 100 + "]" * 100).encode(), 422),
    ("bytes that are no UTF-8", SOUND.replace("Lyon", "Ly\xf6n").encode("latin-1"), 400),
    ("UTF-16", SOUND.encode("utf-16"), 400),
    ("a body of 1.5 MB", SOUND.replace("Lyon", "L" * 1_500_000).encode(), 413),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "status"), [u[1:] for u in UNREADABLE], ids=[u[0] for u in UNREADABLE])
def test_what_cannot_be_read_is_refused(world: World, api: Caller, raw: bytes, status: int) -> None:
    before = everything_written()
    problem(api.post("/orders", raw), status, "invalid")
    assert everything_written() == before


def test_a_write_without_a_key_for_repeats_is_refused(world: World, api: Caller) -> None:
    before = everything_written()
    found = problem(api.post("/orders", order_body(), key=""), 400, "invalid")
    assert found["errors"][0]["loc"] == ["header", "Idempotency-Key"]
    assert everything_written() == before


def test_another_kind_of_body_is_refused(world: World, api: Caller) -> None:
    response = api.post("/orders", b"channel=web", **{"Content-Type": "application/x-www-form-urlencoded"})
    problem(response, 415, "invalid")


def test_more_than_there_is_names_what_can_be_had(world: World, api: Caller) -> None:
    before = everything_written()
    found = problem(api.post("/orders", order_body(quantity=1000)), 409, "out-of-stock")
    assert found["available"] == {MUG: 110}
    assert everything_written() == before


def test_a_field_given_twice_takes_its_last_value(world: World, api: Caller) -> None:
    raw = SOUND.replace('"quantity": 2', '"quantity": 1, "quantity": 3').encode()
    assert json.loads(api.post("/orders", raw).content)["lines"][0]["quantity"] == 3
