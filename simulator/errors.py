"""Errors in Stripe's shape: `{"error": {"type", "code", "message", "param", ...}}`."""

from typing import Any

FAILURE = {"error": {"type": "api_error", "message": "Something went wrong."}}
"""The body of a 500."""


class StripeError(Exception):
    """An answer that is not a success. `remembered`: an idempotency key replays it, as it came from carrying out the call."""

    status = 400
    type = "invalid_request_error"
    remembered = False

    def __init__(self, message: str, *, code: str = "", param: str = "", **more: Any) -> None:
        super().__init__(message)
        words = {"type": self.type, "message": message, "code": code, "param": param, **more}
        self.body: dict[str, Any] = {"error": {name: value for name, value in words.items() if value != ""}}


class RefusedError(StripeError):
    """400: the parameters are not valid."""


class UnexpectedError(StripeError):
    """400: the object is not in a state that allows the call, or the amount is more than is left."""

    remembered = True


class UnauthorisedError(StripeError):
    """401: no key, or not a secret test key."""

    status = 401


class MissingError(StripeError):
    """404: no such object or no such path."""

    status = 404


class CardDeclinedError(StripeError):
    """402: the card's bank said no."""

    status = 402
    type = "card_error"
    remembered = True


class KeyReusedError(StripeError):
    """400: an idempotency key came back with other parameters."""

    type = "idempotency_error"
