"""What a provider tells us by itself: believed only as a reason to look."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import stripe
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.db import rows
from core.outbox import publish
from core.problems import BadRequest, Conflict
from payments.events import ProviderNotice
from payments.models import Payment

TOLERANCE = 300
"""Seconds between the signature's time and ours; an older message is a replay."""

WAITED_FOR = 3600
"""Seconds for which a message about a payment that we do not know yet is sent back to come again."""

SEEN = """
INSERT INTO payments_webhookevent (id, kind, received_at) VALUES (%(id)s, %(kind)s, %(now)s)
ON CONFLICT DO NOTHING RETURNING id
"""


def receive_stripe_webhook(body: bytes, signature: str) -> bool:
    """Take a webhook as it came over the wire; returns whether it is news.

    The signature covers the raw body and its time. What the message says is not used: it only names the payment that
    is then looked up, so that late, repeated and disordered messages do no harm. Raises BadRequest for a forged,
    outdated or unreadable one; Conflict for one about a payment of ours that is not committed yet: the provider sends
    it again until it is.
    """
    event = _verified(body, signature)
    about = event["data"]["object"]
    with transaction.atomic():
        now = timezone.now()
        if not rows(SEEN, {"id": event["id"], "kind": event["type"], "now": now}):
            return False
        payment = _payment_of(about)
        if payment:
            named = _reference_in(about)
            notice = ProviderNotice(
                about=payment.order_id, payment_id=str(payment.id), reference=named, what=event["type"]
            )
            publish([notice])
        elif _named_payment(about) and _is_young(event, now):
            raise Conflict(_("This payment is not known here yet. Send the message again."))
    return True


def _verified(body: bytes, signature: str) -> dict[str, Any]:
    secret = settings.PROVIDER_WEBHOOK_SECRET
    if not secret:
        raise BadRequest(_("Webhooks cannot be verified: PROVIDER_WEBHOOK_SECRET is not set."))
    try:
        text = body.decode()
        stripe.WebhookSignature.verify_header(text, signature, secret, TOLERANCE)
        event = json.loads(text)
        named = isinstance(event["id"], str) and isinstance(event["type"], str)
        if not named or not isinstance(event["data"]["object"], dict):
            raise ValueError("not an event")
    except stripe.SignatureVerificationError as error:
        raise BadRequest(_("The Stripe-Signature header does not fit this body, or its time is not now.")) from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadRequest(_("The body is not an event.")) from error
    return dict(event)


def _payment_of(about: dict[str, Any]) -> Payment | None:
    """The payment that a provider's object belongs to: by its reference, or by our id in its metadata."""
    for reference in filter(None, (_reference_in(about), about.get("id"))):
        payment = Payment.objects.filter(provider_reference=str(reference)).first()
        if payment:
            return payment
    named = _named_payment(about)
    return Payment.objects.filter(pk=named).first() if named else None


def _reference_in(about: dict[str, Any]) -> str:
    """The intent that the message is about; of a page that nobody has used yet, the page."""
    kinds = ("payment_intent", "checkout.session")
    own = about.get("id") if about.get("object") in kinds else None
    reference = about.get("payment_intent") or own
    return reference if isinstance(reference, str) else ""


def _named_payment(about: dict[str, Any]) -> UUID | None:
    """Our own id of the payment, where the metadata has it."""
    metadata = about.get("metadata")
    try:
        return UUID(str(metadata.get("payment"))) if isinstance(metadata, dict) else None
    except ValueError:
        return None


def _is_young(event: dict[str, Any], now: datetime) -> bool:
    made = event.get("created")
    return not isinstance(made, int) or made > now.timestamp() - WAITED_FOR
