"""Cards through Stripe's API. The simulator speaks the same protocol: only address and keys differ."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import stripe
from django.conf import settings

from core.money import ZERO, from_minor, minor
from payments.providers.base import (
    Ask,
    Authorisation,
    Authorised,
    CaptureStatus,
    Declined,
    Done,
    Expired,
    Intent,
    NoAnswerError,
    Outcome,
    Refused,
    RequiresAction,
    Snapshot,
    Unknown,
)

METADATA = "payment"
PAGE = "cs_"
"""References of hosted pages begin with it; those of intents with pi_."""

_STATUS: dict[str, CaptureStatus] = {
    "requires_capture": "authorised",
    "succeeded": "captured",
    "requires_action": "requires_action",
    "requires_confirmation": "requires_action",
    "requires_payment_method": "declined",
    "canceled": "cancelled",
}


_OVER = ("cancelled", "captured", "declined", "expired")
"""Nothing is held on the customer's card any more."""


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
        """Create and confirm an intent; the card is named by its token, never by its number. Without one, open a page."""
        try:
            if not intent.token:
                return _opened(intent)
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
        amount = minor(ask.amount, ask.currency)
        params: Any = {"amount_to_capture": amount, "metadata": {_mark(ask): str(amount)}}
        if not ask.whole:
            params["final_capture"] = False
        return _outcome(lambda: client().v1.payment_intents.capture(ask.reference, params, _options(ask)))

    def void(self, ask: Ask) -> Outcome:
        """Cancel what was not captured, close what was in part, end a page; for this attempt and the one before."""
        known = [seen for reference in (ask.former, ask.reference) if reference and (seen := self.lookup(reference))]
        found = known if ask.reference else known + self.find(ask.payment_id)[:1]
        outcomes = [self._release(ask, seen) for seen in found]
        unsettled = [outcome for outcome in outcomes if not isinstance(outcome, Done)]
        return unsettled[0] if unsettled else outcomes[-1] if outcomes else Done()

    def _release(self, ask: Ask, seen: Snapshot) -> Outcome:
        """Give it up; when another release of the same was quicker, it is done."""
        outcome = _released(ask, seen)
        if isinstance(outcome, Refused):
            now = self.lookup(seen.reference)
            return Done(seen.reference) if now is None or now.status in _OVER else outcome
        return outcome

    def refund(self, ask: Ask) -> Outcome:
        """Give back a part of what was captured."""
        params: Any = {
            "payment_intent": ask.reference,
            "amount": minor(ask.amount, ask.currency),
            "metadata": {METADATA: str(ask.payment_id), "transaction": str(ask.transaction_id)},
        }
        return _outcome(lambda: client().v1.refunds.create(params, _options(ask)))

    def was_done(self, action: str, ask: Ask) -> bool:
        """Captures leave their mark in the intent's metadata, refunds carry theirs."""
        with _heard():
            if action == "capture":
                return _mark(ask) in _metadata_of(client().v1.payment_intents.retrieve(ask.reference))
            refunds = client().v1.refunds.list({"payment_intent": ask.reference, "limit": 100})
            wanted = str(ask.transaction_id)
            return any(_metadata_of(one).get("transaction") == wanted for one in refunds.auto_paging_iter())

    def lookup(self, reference: str) -> Snapshot | None:
        """The intent with its charge; of a page, the intent that was made on it once it is paid."""
        with _heard():
            try:
                if reference.startswith(PAGE):
                    expand = ["payment_intent.latest_charge"]
                    return _page_snapshot(client().v1.checkout.sessions.retrieve(reference, {"expand": expand}))
                return _snapshot(client().v1.payment_intents.retrieve(reference, {"expand": ["latest_charge"]}))
            except stripe.InvalidRequestError:
                return None

    def find(self, payment_id: UUID) -> list[Snapshot]:
        """By metadata. Stripe's search lags a minute behind, so this is for payments older than that."""
        query = f"metadata['{METADATA}']:'{payment_id}'"
        with _heard():
            found = client().v1.payment_intents.search({"query": query, "limit": 100, "expand": ["data.latest_charge"]})
            seen = [_snapshot(intent) for intent in found.data]
        return sorted(seen, key=lambda one: one.status in ("cancelled", "declined"))

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


def _metadata(intent: Intent) -> dict[str, str]:
    return {METADATA: str(intent.payment_id), "order": intent.order_number, "attempt": str(intent.attempt)}


def _name(intent: Intent) -> str:
    """What the customer reads at the provider, in any language."""
    return f"{settings.COMPANY} · {intent.order_number}"


_MULTICAPTURE = {"card": {"request_multicapture": "if_available"}}


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
        "payment_method_options": _MULTICAPTURE,
        "description": _name(intent),
        "metadata": _metadata(intent),
        "return_url": intent.way_back,
        **source,
    }


def _opened(intent: Intent) -> Authorisation:
    """A page of the provider's where the customer chooses a card; one amount, paid once."""
    name = _name(intent)
    price = {
        "currency": intent.currency.lower(),
        "unit_amount": minor(intent.amount, intent.currency),
        "product_data": {"name": name},
    }
    params: Any = {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": price}],
        "payment_method_types": ["card"],
        "payment_method_options": _MULTICAPTURE,
        "payment_intent_data": {"capture_method": "manual", "description": name, "metadata": _metadata(intent)},
        "metadata": _metadata(intent),
        "success_url": intent.way_back,
        "cancel_url": intent.way_back,
        "locale": intent.language,
    }
    page = client().v1.checkout.sessions.create(params, {"idempotency_key": intent.key})
    return RequiresAction(page.id, str(page.url or ""))


def _released(ask: Ask, seen: Snapshot) -> Outcome:
    """Give up what the provider still has of it. A repeat finds it given up."""
    if seen.status in _OVER:
        return Done(seen.reference)
    if seen.reference.startswith(PAGE):
        return _ended(seen.reference)
    intents = client().v1.payment_intents
    key = f"{ask.key}:{seen.reference}"
    if not seen.captured:
        return _outcome(lambda: intents.cancel(seen.reference, {}, {"idempotency_key": f"{key}:cancel"}))
    rest: Any = {"amount_to_capture": 0, "final_capture": True}
    return _outcome(lambda: intents.capture(seen.reference, rest, {"idempotency_key": f"{key}:close"}))


def _ended(page: str) -> Outcome:
    try:
        return Done(client().v1.checkout.sessions.expire(page).id)
    except stripe.InvalidRequestError as error:
        # Paid in this very moment: the next look finds the intent that was made, and releases that.
        return Unknown(_words(error))
    except stripe.StripeError as error:
        return Unknown(_words(error))


def _authorisation(intent: stripe.PaymentIntent) -> Authorisation:
    status = _STATUS.get(intent.status)
    if status in ("authorised", "captured"):
        return Authorised(intent.id)
    if status == "requires_action":
        return RequiresAction(intent.id, _action_url(intent))
    if status == "cancelled":
        return Expired("The payment was cancelled at the provider.", intent.id)
    if status == "declined":
        return Declined("The payment was not authorised.", intent.id)
    return Unknown(f"The provider is still at work ({intent.status}).")


def _outcome(call: Callable[[], stripe.PaymentIntent | stripe.Refund]) -> Outcome:
    try:
        return Done(call().id)
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        return Refused(error.user_message or str(error))
    except stripe.StripeError as error:
        return Unknown(_words(error))


def _mark(ask: Ask) -> str:
    """What a capture leaves in the metadata of its intent."""
    return f"t_{ask.transaction_id.hex}"


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


def _page_snapshot(page: Any) -> Snapshot:
    intent = page.payment_intent
    if page.status == "complete" and intent:
        return _snapshot(intent)
    metadata = _metadata_of(page)
    return Snapshot(
        reference=page.id,
        payment_id=str(metadata.get(METADATA, "")),
        attempt=_number(metadata.get("attempt")),
        status="requires_action" if page.status == "open" else "expired",
        captured=ZERO,
        refunded=ZERO,
        capturable=ZERO,
        url=str(page.url or ""),
        message="" if page.status == "open" else "The payment page has expired.",
    )


def _metadata_of(thing: Any) -> dict[str, Any]:
    return thing.metadata.to_dict() if thing.metadata else {}


def _number(text: Any) -> int:
    return int(text) if str(text).isdigit() else 1


def _snapshot(intent: stripe.PaymentIntent) -> Snapshot:
    currency = intent.currency.upper()
    charge = intent.latest_charge
    refunded = charge.amount_refunded if isinstance(charge, stripe.Charge) else 0
    metadata = _metadata_of(intent)
    error = intent.last_payment_error
    return Snapshot(
        reference=intent.id,
        payment_id=str(metadata.get(METADATA, "")),
        attempt=_number(metadata.get("attempt")),
        status=_STATUS.get(intent.status, "requires_action"),
        captured=from_minor(intent.amount_received, currency),
        refunded=from_minor(refunded, currency),
        capturable=from_minor(intent.amount_capturable, currency),
        url=_action_url(intent),
        message=str(error.message or "") if error else "",
    )
