"""Payment intents and their charges: create, confirm, authenticate, capture (once or many times), cancel."""

import re
from typing import Any

from simulator import forms
from simulator.cards import Card, card, whimsical
from simulator.context import Context, now
from simulator.errors import CardDeclinedError, MissingError, RefusedError, UnexpectedError
from simulator.forms import Form
from simulator.store import Object, new_id

_CREATE = frozenset(
    (
        "amount",
        "currency",
        "automatic_payment_methods",
        "capture_method",
        "confirm",
        "confirmation_method",
        "customer",
        "description",
        "expand",
        "metadata",
        "off_session",
        "payment_method",
        "payment_method_data",
        "payment_method_options",
        "payment_method_types",
        "receipt_email",
        "return_url",
        "setup_future_usage",
        "shipping",
        "statement_descriptor_suffix",
    )
)
_LARGEST = 99_999_999


def create(context: Context, form: Form) -> Object:
    """A new intent, confirmed at once when `confirm` is true. Amounts are in the currency's minor unit."""
    _only(form, _CREATE)
    intent = _new_intent(form)
    source = _card_of(form)
    at_once = forms.boolean(form, "confirm", default=False)
    if at_once and not source:
        raise _no_card()
    intent["status"] = "requires_confirmation" if source else "requires_payment_method"
    intent["payment_method"] = _method_id(source)
    context.store.add(intent)
    context.publish("payment_intent.created", intent)
    if source and at_once:
        _confirm(context, intent, source, str(form.get("return_url", "")))
    return intent


def pay(context: Context, intent: Object, source: Card, return_url: str) -> None:
    """Try the intent with a card. Raises CardDeclinedError."""
    intent["payment_method"] = _method_id(source)
    _confirm(context, intent, source, return_url)


def confirm(context: Context, id: str, form: Form) -> Object:
    """Try to authorise the intent with a card."""
    _only(form, frozenset(("payment_method", "payment_method_data", "return_url", "expand", "off_session")))
    intent = find(context, id)
    source = _card_of(form) or (card(intent["payment_method"]) if intent["payment_method"] else None)
    if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
        raise _unexpected(intent, "confirm")
    if not source:
        raise _no_card()
    pay(context, intent, source, str(form.get("return_url", "")))
    return intent


def authenticate(context: Context, id: str, *, passed: bool) -> Object:
    """The customer finished (or failed) 3-D Secure."""
    intent = find(context, id)
    if intent["status"] != "requires_action":
        raise _unexpected(intent, "authenticate")
    intent["next_action"] = None
    if passed:
        _authorise(context, intent, card(intent["payment_method"]))
    else:
        message = "We are unable to authenticate your payment method. Please choose a different payment method."
        _fail(context, intent, ("payment_intent_authentication_failure", "", message))
    return intent


def capture(context: Context, id: str, form: Form) -> Object:
    """Take money that is authorised. `final_capture=false` leaves the rest open; 0 with a final capture releases it."""
    _only(form, frozenset(("amount_to_capture", "final_capture", "metadata", "expand", "statement_descriptor_suffix")))
    intent = find(context, id)
    if context.whim == "decline":
        raise UnexpectedError("The customer's bank refused the capture.", code="charge_expired_for_capture")
    if intent["status"] != "requires_capture":
        raise _unexpected(intent, "captured", allowed="requires_capture")
    asked = forms.integer(form, "amount_to_capture")
    amount = intent["amount_capturable"] if asked is None else asked
    final = forms.boolean(form, "final_capture", default=True)
    _check_capture(intent, amount, final)
    rest = intent["amount_capturable"] - amount
    intent["amount_received"] += amount
    intent["amount_capturable"] = 0 if final else rest
    intent["metadata"] |= _metadata(form)
    if final:
        intent["status"] = "succeeded"
    _book_capture(context, intent, amount, final)
    for kind, moved in (("captured", amount), ("released", rest if final else 0)):
        if moved:
            context.moved(kind, intent, moved)
    context.store.save(intent)
    context.publish("payment_intent.succeeded" if final else "payment_intent.amount_capturable_updated", intent)
    return intent


def cancel(context: Context, id: str, form: Form) -> Object:
    """Release what is authorised and not captured; what is captured stays captured."""
    _only(form, frozenset(("cancellation_reason", "expand")))
    reasons = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
    reason = forms.choice(form, "cancellation_reason", reasons, default=None)
    intent = find(context, id)
    if intent["status"] in ("canceled", "succeeded"):
        raise _unexpected(intent, "canceled")
    if intent["amount_capturable"]:
        context.moved("released", intent, intent["amount_capturable"])
    intent |= {
        "status": "canceled",
        "amount_capturable": 0,
        "canceled_at": now(),
        "cancellation_reason": reason,
        "next_action": None,
    }
    context.store.save(intent)
    context.publish("payment_intent.canceled", intent)
    return intent


def find(context: Context, id: str) -> Object:
    """The intent. Raises MissingError."""
    intent = context.store.get("payment_intent", id)
    if not intent:
        raise MissingError(f"No such payment_intent: '{id}'", code="resource_missing", param="intent")
    return intent


def charge_of(context: Context, intent: Object) -> Object | None:
    """The intent's latest charge, if it was ever authorised."""
    return context.store.get("charge", intent["latest_charge"]) if intent["latest_charge"] else None


def search(context: Context, query: str) -> list[Object]:
    """Intents by one piece of metadata: `metadata['name']:'value'`."""
    match = re.fullmatch(r"metadata\[['\"](\w+)['\"]\]:['\"]([^'\"]*)['\"]", query.strip())
    if not match:
        raise RefusedError("We were unable to parse your search query.", param="query")
    return context.store.with_metadata("payment_intent", match[1], match[2])


def _new_intent(form: Form) -> Object:
    amount = forms.integer(form, "amount", least=1)
    if amount is None:
        raise RefusedError("Missing required param: amount.", code="parameter_missing", param="amount")
    if amount > _LARGEST:
        raise RefusedError("Amount must be no more than 999,999.99.", code="amount_too_large", param="amount")
    currency = forms.required(form, "currency").lower()
    if not re.fullmatch(r"[a-z]{3}", currency):
        raise RefusedError(f"Invalid currency: {currency}.", param="currency")
    id = new_id("pi")
    method = forms.choice(form, "capture_method", ("automatic", "automatic_async", "manual"), default="automatic_async")
    return {
        "id": id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": method,
        "client_secret": new_id(f"{id}_secret"),
        "confirmation_method": "automatic",
        "created": now(),
        "currency": currency,
        "customer": form.get("customer"),
        "description": form.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": _metadata(form),
        "next_action": None,
        "payment_method": None,
        "payment_method_options": _options(form),
        "payment_method_types": forms.listing(form, "payment_method_types") or ["card"],
        "receipt_email": form.get("receipt_email"),
        "status": "requires_payment_method",
    }


def _options(form: Form) -> dict[str, Any]:
    options = forms.mapping(forms.mapping(form, "payment_method_options"), "card")
    wish = forms.choice(options, "request_multicapture", ("if_available", "never"), default="never")
    return {"card": {"request_multicapture": wish}}


def _metadata(form: Form) -> dict[str, str]:
    metadata = forms.mapping(form, "metadata")
    if len(metadata) > 50 or any(len(name) > 40 or len(str(value)) > 500 for name, value in metadata.items()):
        raise RefusedError("Metadata is limited to 50 keys of 40 characters and values of 500.", param="metadata")
    return {name: str(value) for name, value in metadata.items()}


def _card_of(form: Form) -> Card | None:
    if form.get("payment_method"):
        return card(str(form["payment_method"]))
    data = forms.mapping(form, "payment_method_data")
    if not data:
        return None
    forms.choice(data, "type", ("card",), default=None)
    return card(forms.required(forms.mapping(data, "card"), "token"))


def _method_id(source: Card | None) -> str | None:
    return f"pm_card_{source.name}" if source else None


def _confirm(context: Context, intent: Object, source: Card, return_url: str) -> None:
    source = whimsical(source, context.whim)
    if source.decline:
        error = _fail(context, intent, source.decline)
        raise CardDeclinedError(
            error["message"], code=error["code"], decline_code=error.get("decline_code", ""), payment_intent=intent
        )
    if source.authentication:
        page = f"{context.address}/authenticate/{intent['id']}"
        action = {"type": "redirect_to_url", "redirect_to_url": {"url": page, "return_url": return_url or None}}
        intent |= {"status": "requires_action", "next_action": action}
        context.store.save(intent)
        context.publish("payment_intent.requires_action", intent)
        return
    _authorise(context, intent, source)


def _authorise(context: Context, intent: Object, source: Card) -> None:
    manual = intent["capture_method"] == "manual"
    amount = intent["amount"]
    wish = intent["payment_method_options"]["card"]["request_multicapture"]
    charge: Object = {
        "id": new_id("ch"),
        "object": "charge",
        "amount": amount,
        "amount_captured": 0 if manual else amount,
        "amount_refunded": 0,
        "captured": not manual,
        "created": now(),
        "currency": intent["currency"],
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "refunded": False,
        "status": "succeeded",
        "payment_method_details": {
            "type": "card",
            "card": {
                "brand": source.brand,
                "last4": source.last4,
                "multicapture": {"status": "available" if wish == "if_available" else "unavailable"},
            },
        },
    }
    context.store.add(charge, parent=intent["id"])
    context.moved("authorised", intent, amount)
    if not manual:
        context.moved("captured", intent, amount)
    intent |= {
        "latest_charge": charge["id"],
        "status": "requires_capture" if manual else "succeeded",
        "amount_capturable": amount if manual else 0,
        "amount_received": 0 if manual else amount,
        "last_payment_error": None,
    }
    context.store.save(intent)
    context.publish("payment_intent.amount_capturable_updated" if manual else "payment_intent.succeeded", intent)


def _fail(context: Context, intent: Object, decline: tuple[str, str, str]) -> dict[str, str]:
    code, reason, message = decline
    error = {"type": "card_error", "code": code, "message": message} | ({"decline_code": reason} if reason else {})
    intent |= {"status": "requires_payment_method", "last_payment_error": error, "payment_method": None}
    context.store.save(intent)
    context.publish("payment_intent.payment_failed", intent)
    return error


def _check_capture(intent: Object, amount: int, final: bool) -> None:
    if amount > intent["amount_capturable"]:
        raise UnexpectedError(
            f"The amount to capture ({amount}) is more than the amount that can be captured "
            f"({intent['amount_capturable']}).",
            code="amount_too_large",
            param="amount_to_capture",
        )
    if amount == 0 and not (final and intent["amount_received"]):
        raise RefusedError(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount_to_capture",
        )
    if not final and intent["payment_method_options"]["card"]["request_multicapture"] != "if_available":
        raise UnexpectedError(
            "This PaymentIntent does not support multicapture: request it when it is confirmed.",
            code="payment_intent_unexpected_state",
            param="final_capture",
        )


def _book_capture(context: Context, intent: Object, amount: int, final: bool) -> None:
    charge = charge_of(context, intent)
    if not charge:
        return
    charge["amount_captured"] += amount
    charge["captured"] = True
    charge["refunded"] = final and 0 < charge["amount_captured"] == charge["amount_refunded"]
    context.store.save(charge)
    context.publish("charge.captured", charge)


def _unexpected(intent: Object, action: str, *, allowed: str = "") -> UnexpectedError:
    only = f" Only a PaymentIntent with one of the following statuses may be {action}: {allowed}." if allowed else ""
    message = f"This PaymentIntent could not be {action} because it has a status of {intent['status']}.{only}"
    return UnexpectedError(message, code="payment_intent_unexpected_state", payment_intent=intent)


def _no_card() -> RefusedError:
    message = "You cannot confirm this PaymentIntent because it's missing a payment method."
    return RefusedError(message, code="payment_intent_unexpected_state", param="payment_method")


def _only(form: Form, known: frozenset[str]) -> None:
    for name in form:
        if name not in known:
            raise RefusedError(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
