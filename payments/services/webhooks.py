"""What a provider tells us by itself: believed only as a reason to look."""

import json
from typing import Any
from uuid import UUID

import stripe
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.db import rows
from core.outbox import publish
from core.problems import BadRequest
from payments.events import ProviderNotice
from payments.models import Payment

TOLERANCE = 300
"""Seconds between the signature's time and ours; an older message is a replay."""

SEEN = """
INSERT INTO payments_webhookevent (id, kind, received_at) VALUES (%(id)s, %(kind)s, %(now)s)
ON CONFLICT DO NOTHING RETURNING id
"""


def receive_stripe_webhook(body: bytes, signature: str) -> bool:
    """Take a webhook as it came over the wire; returns whether it is news.

    The signature covers the raw body and its time. What the message says is not used: it only names the payment that
    is then looked up, so that late, repeated and disordered messages do no harm. Raises BadRequest for a forged,
    outdated or unreadable one.
    """
    event = _verified(body, signature)
    about = event["data"]["object"]
    with transaction.atomic():
        now = timezone.now()
        if not rows(SEEN, {"id": event["id"], "kind": event["type"], "now": now}):
            return False
        payment = _payment_of(about)
        if payment:
            publish([ProviderNotice(about=payment.order_id, payment_id=str(payment.id))])
    return True


def _verified(body: bytes, signature: str) -> dict[str, Any]:
    secret = settings.PROVIDER_WEBHOOK_SECRET
    if not secret:
        raise BadRequest("Webhooks cannot be verified: PROVIDER_WEBHOOK_SECRET is not set.")
    try:
        text = body.decode()
        stripe.WebhookSignature.verify_header(text, signature, secret, TOLERANCE)
        event = json.loads(text)
        named = isinstance(event["id"], str) and isinstance(event["type"], str)
        if not named or not isinstance(event["data"]["object"], dict):
            raise ValueError("not an event")
    except stripe.SignatureVerificationError as error:
        raise BadRequest("The Stripe-Signature header does not fit this body, or its time is not now.") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadRequest("The body is not an event.") from error
    return dict(event)


def _payment_of(about: dict[str, Any]) -> Payment | None:
    """The payment that a provider's object belongs to: by its reference, or by our id in its metadata."""
    reference = about.get("id") if about.get("object") == "payment_intent" else about.get("payment_intent")
    if isinstance(reference, str):
        payment = Payment.objects.filter(provider_reference=reference).first()
        if payment:
            return payment
    metadata = about.get("metadata")
    named = metadata.get("payment") if isinstance(metadata, dict) else None
    try:
        return Payment.objects.filter(pk=UUID(str(named))).first()
    except ValueError:
        return None
