"""What each of Stripe's test cards does. Source: docs.stripe.com/testing (tokens and payment methods)."""

from dataclasses import dataclass, replace

from simulator.errors import MissingError

_DECLINES = {
    "chargeDeclined": ("card_declined", "generic_decline", "Your card was declined."),
    "chargeCustomerFail": ("card_declined", "generic_decline", "Your card was declined."),
    "chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "chargeDeclinedFraudulent": ("card_declined", "fraudulent", "Your card was declined."),
    "chargeDeclinedExpiredCard": ("expired_card", "expired_card", "Your card has expired."),
    "chargeDeclinedIncorrectCvc": ("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
    "chargeDeclinedProcessingError": (
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
}
_BRANDS = {
    "visa": ("visa", "4242"),
    "visa_debit": ("visa", "5556"),
    "mastercard": ("mastercard", "4444"),
    "mastercard_debit": ("mastercard", "3222"),
    "amex": ("amex", "8431"),
    "discover": ("discover", "9424"),
    "fr": ("visa", "0003"),
    "gb": ("visa", "0006"),
    "ch": ("visa", "0009"),
}


@dataclass(frozen=True)
class Card:
    """A test card: who made it, its last digits, and whether it is declined or asks for authentication."""

    name: str
    brand: str = "visa"
    last4: str = "4242"
    decline: tuple[str, str, str] | None = None
    authentication: bool = False


def card(token: str) -> Card:
    """The card behind `tok_…` or `pm_card_…`. Raises MissingError for any other text."""
    name = token.removeprefix("pm_card_").removeprefix("tok_")
    if name != token:
        if name in _DECLINES:
            return Card(name, last4="0002", decline=_DECLINES[name])
        if name.startswith("threeDSecure") or name == "authenticationRequired":
            return Card(name, last4="3220", authentication=True)
        if name in _BRANDS:
            return Card(name, *_BRANDS[name])
    kind = "token" if token.startswith("tok_") else "PaymentMethod"
    raise MissingError(f"No such {kind}: '{token}'", code="resource_missing", param="payment_method")


def whimsical(source: Card, whim: str) -> Card:
    """The card as its bank behaves today: by itself, or with a `decline` or `requires_action` that was asked for."""
    if whim == "decline":
        return replace(source, decline=_DECLINES["chargeDeclined"])
    return replace(source, decline=None, authentication=True) if whim == "requires_action" else source
