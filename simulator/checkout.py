"""Hosted checkout: a page of the provider's own where a customer pays one amount once, with the card they choose."""

from typing import Any

from simulator import forms, intents
from simulator.cards import card
from simulator.context import Context, now
from simulator.errors import CardDeclinedError, MissingError, RefusedError, UnexpectedError
from simulator.forms import Form
from simulator.store import Object, Page, new_id

KIND = "checkout.session"
LIFE = 24 * 3600
"""Seconds; Stripe's sessions end after a day, too."""

_CREATE = frozenset(
    (
        "cancel_url",
        "client_reference_id",
        "customer_email",
        "expand",
        "expires_at",
        "line_items",
        "locale",
        "metadata",
        "mode",
        "payment_intent_data",
        "payment_method_options",
        "payment_method_types",
        "success_url",
    )
)


def create(context: Context, form: Form) -> Object:
    """A new page for a payment. Its intent is made when the customer tries a card."""
    for name in form:
        if name not in _CREATE:
            raise RefusedError(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
    forms.choice(form, "mode", ("payment",), default="payment")
    amount, currency = _total(form)
    id = new_id("cs_test")
    session: Object = {
        "id": id,
        "object": KIND,
        "amount_total": amount,
        "cancel_url": form.get("cancel_url"),
        "client_reference_id": form.get("client_reference_id"),
        "created": now(),
        "currency": currency,
        "customer_email": form.get("customer_email"),
        "expires_at": forms.integer(form, "expires_at") or now() + LIFE,
        "livemode": False,
        "locale": form.get("locale"),
        "metadata": {name: str(value) for name, value in forms.mapping(form, "metadata").items()},
        "mode": "payment",
        "name": _name(form),
        "payment_intent": None,
        "payment_status": "unpaid",
        "status": "open",
        "success_url": forms.required(form, "success_url"),
        "url": f"{context.address}/c/pay/{id}",
    }
    context.store.add(session)
    # What the intent will be made of; it stays inside.
    context.store.add({"id": f"{id}_form", "object": "checkout.form", "created": now(), "form": _intent_form(form)})
    return session


def find(context: Context, id: str) -> Object:
    """The session, expired when its time is over. Raises MissingError."""
    session = context.store.get(KIND, id)
    if not session:
        raise MissingError(f"No such checkout.session: '{id}'", code="resource_missing", param="session")
    return session | _over() if session["status"] == "open" and session["expires_at"] <= now() else session


def expire(context: Context, id: str) -> Object:
    """End a session that nobody has paid yet."""
    session = find(context, id)
    if session["status"] != "open":
        raise UnexpectedError(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This one is {session["status"]}.',
            code="checkout_session_not_open",
        )
    session |= _over()
    context.store.save(session)
    intent = _intent(context, session)
    if intent and intent["status"] not in ("canceled", "succeeded"):
        intents.cancel(context, intent["id"], {})
    context.publish("checkout.session.expired", session)
    return session


def pay(context: Context, id: str, token: str, page: str) -> Object:
    """Try a card; the intent is the same however many are tried. Raises CardDeclinedError with the bank's words."""
    session = find(context, id)
    if session["status"] != "open":
        raise UnexpectedError("This page has been used or has ended.", code="checkout_session_not_open")
    intent = _intent(context, session)
    if intent is None:
        form: Any = context.store.get("checkout.form", f"{id}_form")
        intent = intents.create(context, form["form"])
        session["payment_intent"] = intent["id"]
        context.store.save(session)
        context.store.belongs(session["id"], intent["id"])
    try:
        intents.pay(context, intent, card(token), page)
    except CardDeclinedError:
        return intent
    complete(context, intent)
    return intent


def complete(context: Context, intent: Object) -> None:
    """The session of an intent that is paid, if it has one, is over."""
    sessions, _ = context.store.page(KIND, Page(limit=1, parent=intent["id"]))
    if not sessions or sessions[0]["status"] != "open" or intent["status"] not in ("requires_capture", "succeeded"):
        return
    session = sessions[0] | {"status": "complete", "payment_status": "paid", "url": None}
    context.store.save(session)
    context.publish("checkout.session.completed", session)


def _over() -> Object:
    return {"status": "expired", "url": None}


def _intent(context: Context, session: Object) -> Object | None:
    return intents.find(context, session["payment_intent"]) if session["payment_intent"] else None


def _name(form: Form) -> str:
    """What is sold, as the page says it. (Stripe keeps it with the line items.)"""
    items = [item for item in forms.mapping(form, "line_items").values() if isinstance(item, dict)]
    products = [forms.mapping(forms.mapping(item, "price_data"), "product_data") for item in items]
    return ", ".join(str(product.get("name", "")) for product in products)


def _total(form: Form) -> tuple[int, str]:
    amount, currency = 0, ""
    for item in forms.mapping(form, "line_items").values():
        price = forms.mapping(item, "price_data") if isinstance(item, dict) else {}
        currency = forms.required(price, "currency").lower()
        amount += (forms.integer(price, "unit_amount", least=1) or 0) * (forms.integer(item, "quantity") or 1)
    if not amount:
        raise RefusedError("Missing required param: line_items.", code="parameter_missing", param="line_items")
    return amount, currency


def _intent_form(form: Form) -> Form:
    amount, currency = _total(form)
    made = {"amount": str(amount), "currency": currency, **forms.mapping(form, "payment_intent_data")}
    options = forms.mapping(form, "payment_method_options")
    return made | ({"payment_method_options": options} if options else {})
