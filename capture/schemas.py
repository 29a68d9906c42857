"""What an order may look like when it comes in: strict, and every refusal names its field."""

import re
import unicodedata
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from core.problems import Invalid

MOST_LINES = 1_000
LARGEST_QUANTITY = 1_000_000


def _plain(text: str) -> str:
    if not text.isprintable() and any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise ValueError("must not contain control characters")
    return text.strip()


def _no_card_number(text: str) -> str:
    if re.fullmatch(r"[\d \-]{13,23}", text):
        raise ValueError("looks like a card number: send the payment provider's token instead")
    return text


def _number(value: Any) -> Any:
    """Money comes as text or as a JSON number; anything else (a boolean, a list) is refused."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError('must be a number, best written as text with a dot: "12.34"')
    if isinstance(value, float):
        value = repr(value)
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", value):
        raise ValueError('must be a plain decimal number such as "12.34"')
    return value


def _cents(value: Decimal) -> Decimal:
    if value != value.quantize(Decimal("0.01")):
        raise ValueError("must have no more than two digits after the dot")
    return value


Text = Annotated[str, Field(max_length=200), AfterValidator(_plain)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_plain)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Amount = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, le=10_000_000), AfterValidator(_cents)]
UnitPrice = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, le=10_000_000, decimal_places=4)]
Rate = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, lt=1, decimal_places=4)]
Quantity = Annotated[int, Field(strict=True, ge=1, le=LARGEST_QUANTITY)]
Email = Annotated[
    str,
    Field(max_length=254, pattern=r"^$|^[^@\s<>\"(),:;\\\[\]]+@[^@\s<>\"(),:;\\\[\]]+\.[^@\s<>\"(),:;\\\[\]]+$"),
    AfterValidator(_plain),
]


class Strict(BaseModel):
    """Unknown fields are refused, so that nothing sent is silently dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CustomerIn(Strict):
    """Who buys. Known again by e-mail, else by the number the other system gives."""

    email: Email = ""
    external_id: Text = ""
    first_name: Text = ""
    last_name: Text = ""
    phone: Annotated[str, Field(max_length=40, pattern=r"^[+\d ().\-/]*$")] = ""
    language: Literal["en", "fr"] | None = None


class AddressIn(Strict):
    """Where goods go."""

    name: Name
    line1: Name
    line2: Text = ""
    postal_code: Annotated[str, Field(min_length=1, max_length=20), AfterValidator(_plain)]
    city: Name
    region: Text = ""
    country: Country
    phone: Annotated[str, Field(max_length=40, pattern=r"^[+\d ().\-/]*$")] = ""


class FulfillmentIn(Strict):
    """How goods reach the customer."""

    method: Literal["ship"] = "ship"
    service: Annotated[str, Field(pattern=r"^[a-z_]{1,30}$")] = "standard"


class LineIn(Strict):
    """One SKU. `unit_price` is in the channel's price basis; left out, it comes from the channel's price list."""

    sku: Name
    quantity: Quantity
    unit_price: UnitPrice | None = None
    discount: Amount = Decimal(0)
    tax_rate: Rate | None = None


class PaymentIn(Strict):
    """One way the order is paid."""

    tender: Literal["card", "bank_transfer", "on_account"]
    amount: Amount
    token: Annotated[str, Field(max_length=200), AfterValidator(_plain), AfterValidator(_no_card_number)] = ""


class OrderIn(Strict):
    """An order as any channel sends it."""

    channel: Name
    external_id: Text = ""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    placed_at: AwareDatetime | None = None
    customer: CustomerIn | None = None
    shipping_address: AddressIn
    billing_address: AddressIn | None = None
    fulfillment: FulfillmentIn = FulfillmentIn()
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=MOST_LINES)]
    shipping_price: Amount | None = None
    shipping_tax_rate: Rate | None = None
    seller: Text = ""
    campaign: Text = ""
    payments: Annotated[list[PaymentIn], Field(max_length=10)] = []
    idempotency_key: Annotated[str, Field(max_length=255)] | None = None


def read(raw: Any) -> OrderIn:
    """The order in typed form, or Invalid with every field that cannot be used."""
    try:
        return OrderIn.model_validate(raw)
    except ValidationError as error:
        raise Invalid(errors=[{"loc": list(e["loc"]), "msg": _message(e)} for e in error.errors()[:50]]) from error


_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of an order; leave it out",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "finite_number": "must be a finite number",
    "timezone_aware": "must name its time zone, as in 2026-11-23T10:00:00+01:00",
    "model_type": "must be an object",
    "list_type": "must be a list",
    "string_type": "must be text",
}


def _message(error: Any) -> str:
    text = _WORDS.get(error["type"]) or str(error["msg"])
    return text.removeprefix("Value error, ").removeprefix("Input should ").replace("String should", "should")
