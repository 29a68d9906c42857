"""Refunds of captured money: in part, again and again, never more than was captured."""

from simulator import forms, intents
from simulator.context import Context, now
from simulator.errors import MissingError, RefusedError, UnexpectedError
from simulator.forms import Form
from simulator.store import Object, new_id

_CREATE = frozenset(("payment_intent", "charge", "amount", "reason", "metadata", "expand"))


def create(context: Context, form: Form) -> Object:
    """Give money back; without an amount, all that is left of what was captured."""
    for name in form:
        if name not in _CREATE:
            raise RefusedError(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
    reason = forms.choice(form, "reason", ("duplicate", "fraudulent", "requested_by_customer"), default=None)
    charge = _charge(context, form)
    left = charge["amount_captured"] - charge["amount_refunded"]
    asked = forms.integer(form, "amount", least=1)
    amount = left if asked is None else asked
    if context.whim == "decline":
        raise UnexpectedError("The customer's bank takes no refund.", code="refund_failed")
    _check(charge, amount, left)
    refund: Object = {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "charge": charge["id"],
        "created": now(),
        "currency": charge["currency"],
        "metadata": forms.mapping(form, "metadata"),
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "succeeded",
    }
    context.store.add(refund, parent=charge["payment_intent"])
    _book(context, charge, amount)
    context.publish("refund.created", refund)
    return refund


def find(context: Context, id: str) -> Object:
    """The refund. Raises MissingError."""
    refund = context.store.get("refund", id)
    if not refund:
        raise MissingError(f"No such refund: '{id}'", code="resource_missing", param="id")
    return refund


def _charge(context: Context, form: Form) -> Object:
    if form.get("payment_intent"):
        intent = intents.find(context, str(form["payment_intent"]))
        charge = intents.charge_of(context, intent)
        if not charge:
            raise UnexpectedError(
                "This PaymentIntent does not have a successful charge to refund.",
                code="payment_intent_unexpected_state",
                param="payment_intent",
            )
        return charge
    charge = context.store.get("charge", forms.required(form, "charge"))
    if not charge:
        raise MissingError(f"No such charge: '{form['charge']}'", code="resource_missing", param="charge")
    return charge


def _check(charge: Object, amount: int, left: int) -> None:
    if not charge["amount_captured"]:
        raise UnexpectedError(
            f"Charge {charge['id']} has not been captured: cancel its PaymentIntent instead.",
            code="charge_not_captured",
            param="charge",
        )
    if not left:
        raise UnexpectedError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount > left:
        raise UnexpectedError(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            code="amount_too_large",
            param="amount",
        )


def _book(context: Context, charge: Object, amount: int) -> None:
    charge["amount_refunded"] += amount
    intent = intents.find(context, charge["payment_intent"])
    context.moved("refunded", intent, amount)
    closed = intent["status"] != "requires_capture"
    charge["refunded"] = closed and charge["amount_refunded"] == charge["amount_captured"]
    context.store.save(charge)
    context.publish("charge.refunded", charge)
