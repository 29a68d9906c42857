"""How the customer of an order is reached: e-mail and telephone, which may be put right at any time."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.outbox import publish
from core.problems import Invalid
from core.timeline import record
from orders.events import OrderChanged
from orders.models import Order
from orders.services import lock_order

LONGEST_EMAIL, LONGEST_PHONE = 254, 40


def edit_contact(order_id: UUID, *, email: str, phone: str, actor: Actor) -> bool:
    """Put the order's e-mail address and telephone right; False when both are as they were.

    Letters written from now on go to the new address. The customer's own record stays as it is.
    """
    email, phone = _email(email), _phone(phone)
    with transaction.atomic():
        lock_order(order_id)
        order = Order.objects.select_related("channel").get(pk=order_id)
        known = str(order.shipping_address.get("phone") or "")
        changed = {
            name: [before, after]
            for name, before, after in (("email", order.email, email), ("phone", known, phone))
            if before != after
        }
        if not changed:
            return False
        order.email, order.updated_at, order.version = email, timezone.now(), order.version + 1
        order.shipping_address = order.shipping_address | {"phone": phone}
        order.save(update_fields=["email", "shipping_address", "updated_at", "version"])
        record(order_id, "order.contact", actor=actor, data={"changes": changed})
        publish([OrderChanged(about=order_id, number=order.number)], dispatched=order.channel.is_history)
    return True


def _email(text: str) -> str:
    text = text.strip()
    if not text:
        return ""
    try:
        validate_email(text)
    except ValidationError as error:
        raise Invalid.field(["email"], _("Write an e-mail address like name@example.com.")) from error
    if len(text) > LONGEST_EMAIL:
        raise Invalid.field(["email"], _("Keep it to %(n)d characters.") % {"n": LONGEST_EMAIL})
    return text


def _phone(text: str) -> str:
    text = " ".join(text.split())
    if len(text) > LONGEST_PHONE or any(not (c.isdigit() or c in "+ ()-./") for c in text):
        raise Invalid.field(["phone"], _("Write a telephone number with digits, spaces and a + only."))
    return text
