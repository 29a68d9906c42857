"""Calls that most tests of the simulator make."""

from typing import Any

import stripe


def authorise(
    client: stripe.StripeClient,
    amount: int,
    token: str = "tok_visa",
    *,
    multicapture: bool = False,
    key: str | None = None,
    **more: Any,
) -> stripe.PaymentIntent:
    """A confirmed intent of `amount` cents with manual capture."""
    options = {"payment_method_options": {"card": {"request_multicapture": "if_available"}}} if multicapture else {}
    source = (
        {"payment_method_data": {"type": "card", "card": {"token": token}}}
        if token.startswith("tok_")
        else {"payment_method": token}
    )
    params: Any = {
        "amount": amount,
        "currency": "eur",
        "confirm": True,
        "capture_method": "manual",
        "payment_method_types": ["card"],
        **options,
        **source,
        **more,
    }
    return client.v1.payment_intents.create(params=params, options={"idempotency_key": key} if key else {})


def error_of(error: stripe.StripeError) -> dict[str, Any]:
    """The error object of the provider's answer."""
    body: Any = error.json_body
    found: dict[str, Any] = body["error"]
    return found
