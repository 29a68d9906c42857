"""Cards through Stripe's API. The simulator speaks the same protocol: only address and keys differ."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import stripe
from django.conf import settings

from core.money import from_minor, minor
from payments.providers.base import (
    Ask,
    Authorisation,
    Authorised,
    CaptureStatus,
    Declined,
    Done,
    Intent,
    NoAnswerError,
    Outcome,
    Refused,
    RequiresAction,
    Snapshot,
    Unknown,
)

METADATA = "payment"
_STATUS: dict[str, CaptureStatus] = {
    "requires_capture": "authorised",
    "succeeded": "captured",
    "requires_action": "requires_action",
    "requires_confirmation": "requires_action",
    "requires_payment_method": "declined",
    "canceled": "cancelled",
}


@lru_cache(maxsize=4)
def _client(key: str, url: str, timeout: float) -> stripe.StripeClient:
    # Repeating is left to the outbox, which knows what was recorded: a client that retries hides a lost answer.
    return stripe.StripeClient(
        key,
        base_addresses={"api": url} if url else None,
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=timeout),
    )


def client() -> stripe.StripeClient:
    """The real client at the configured address. Raises AuthenticationError when no key is configured."""
    return _client(settings.PROVIDER_KEY, settings.PROVIDER_URL, settings.PROVIDER_TIMEOUT)


class Stripe:
    """Payment intents with manual capture; parts are captured by multicapture."""

    name = "stripe"
    online = True

    def authorise(self, intent: Intent) -> Authorisation:
        """Create and confirm an intent; the card is named by its token, never by its number."""
        try:
            made = client().v1.payment_intents.create(params=_creation(intent), options={"idempotency_key": intent.key})
        except stripe.CardError as error:
            return Declined(error.user_message or str(error), _reference_in(error))
        except stripe.InvalidRequestError as error:
            return Declined(error.user_message or str(error))
        except stripe.StripeError as error:
            return Unknown(_words(error))
        return _authorisation(made)

    def capture(self, ask: Ask) -> Outcome:
        """Take a part, leaving the rest open, or the whole at once, which every account may."""
        params: Any = {"amount_to_capture": minor(ask.amount, ask.currency)}
        if not ask.whole:
            params["final_capture"] = False
        return _outcome(lambda: client().v1.payment_intents.capture(ask.reference, params, _options(ask)))

    def void(self, ask: Ask) -> Outcome:
        """Cancel an intent of which nothing was captured; close one of which something was."""
        seen = self.lookup(ask.reference) if ask.reference else self.find(ask.payment_id)
        if seen is None or seen.status in ("cancelled", "captured", "declined"):
            return Done(seen.reference if seen else "")
        intents = client().v1.payment_intents
        if not seen.captured:
            return _outcome(lambda: intents.cancel(seen.reference, {}, {"idempotency_key": f"{ask.key}:cancel"}))
        rest: Any = {"amount_to_capture": 0, "final_capture": True}
        return _outcome(lambda: intents.capture(seen.reference, rest, {"idempotency_key": f"{ask.key}:close"}))

    def refund(self, ask: Ask) -> Outcome:
        """Give back a part of what was captured."""
        params: Any = {
            "payment_intent": ask.reference,
            "amount": minor(ask.amount, ask.currency),
            "metadata": {METADATA: str(ask.payment_id), "transaction": str(ask.transaction_id)},
        }
        return _outcome(lambda: client().v1.refunds.create(params, _options(ask)))

    def lookup(self, reference: str) -> Snapshot | None:
        """The intent with its charge."""
        with _heard():
            try:
                intent = client().v1.payment_intents.retrieve(reference, {"expand": ["latest_charge"]})
            except stripe.InvalidRequestError:
                return None
            return _snapshot(intent)

    def find(self, payment_id: UUID) -> Snapshot | None:
        """By metadata. Stripe's search lags a minute behind, so this is for payments older than that."""
        query = f"metadata['{METADATA}']:'{payment_id}'"
        with _heard():
            found = client().v1.payment_intents.search({"query": query, "limit": 10}).data
        living = [intent for intent in found if intent.status not in ("canceled", "requires_payment_method")]
        best = (living or list(found))[:1]
        return self.lookup(best[0].id) if best else None

    def everything(self, since: datetime) -> Iterator[Snapshot]:
        """All intents made since then, page by page."""
        params: Any = {"limit": 100, "expand": ["data.latest_charge"], "created": {"gte": int(since.timestamp())}}
        with _heard():
            listed = client().v1.payment_intents.list(params)
            for intent in listed.auto_paging_iter():
                yield _snapshot(intent)


@contextmanager
def _heard() -> Iterator[None]:
    try:
        yield
    except stripe.StripeError as error:
        raise NoAnswerError(_words(error)) from error


def _creation(intent: Intent) -> Any:
    source: dict[str, Any] = {"payment_method": intent.token}
    if intent.token.startswith("tok_"):
        source = {"payment_method_data": {"type": "card", "card": {"token": intent.token}}}
    return {
        "amount": minor(intent.amount, intent.currency),
        "currency": intent.currency.lower(),
        "capture_method": "manual",
        "confirm": True,
        "payment_method_types": ["card"],
        "payment_method_options": {"card": {"request_multicapture": "if_available"}},
        "description": f"Order {intent.order_number}",
        "metadata": {METADATA: str(intent.payment_id), "order": intent.order_number},
        "return_url": settings.WEB_URL,
        **source,
    }


def _authorisation(intent: stripe.PaymentIntent) -> Authorisation:
    status = _STATUS.get(intent.status)
    if status in ("authorised", "captured"):
        return Authorised(intent.id)
    if status == "requires_action":
        return RequiresAction(intent.id, _action_url(intent))
    if status in ("declined", "cancelled"):
        return Declined("The payment was not authorised.", intent.id)
    return Unknown(f"The provider is still at work ({intent.status}).")


def _outcome(call: Callable[[], stripe.PaymentIntent | stripe.Refund]) -> Outcome:
    try:
        return Done(call().id)
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        return Refused(error.user_message or str(error))
    except stripe.StripeError as error:
        return Unknown(_words(error))


def _options(ask: Ask) -> Any:
    return {"idempotency_key": ask.key}


def _words(error: stripe.StripeError) -> str:
    return f"{type(error).__name__}: {error.user_message or error}"[:500]


def _reference_in(error: stripe.CardError) -> str:
    body: Any = error.json_body or {}
    return str(body.get("error", {}).get("payment_intent", {}).get("id", ""))


def _action_url(intent: stripe.PaymentIntent) -> str:
    action = intent.next_action
    return str(action.redirect_to_url.url or "") if action and action.redirect_to_url else ""


def _snapshot(intent: stripe.PaymentIntent) -> Snapshot:
    currency = intent.currency.upper()
    charge = intent.latest_charge
    refunded = charge.amount_refunded if isinstance(charge, stripe.Charge) else 0
    metadata: dict[str, Any] = intent.metadata.to_dict() if intent.metadata else {}
    error = intent.last_payment_error
    return Snapshot(
        reference=intent.id,
        payment_id=str(metadata.get(METADATA, "")),
        status=_STATUS.get(intent.status, "requires_action"),
        captured=from_minor(intent.amount_received, currency),
        refunded=from_minor(refunded, currency),
        capturable=from_minor(intent.amount_capturable, currency),
        url=_action_url(intent),
        message=str(error.message or "") if error else "",
    )
