from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from core.ids import new_id
from orders.models import Order
from payments.states import PAYMENT, TO_WATCH


class Payment(models.Model):
    """One way an order is paid. The row is committed, with its key, before any provider is asked."""

    class Tender(models.TextChoices):
        CARD = "card"
        BANK_TRANSFER = "bank_transfer"
        ON_ACCOUNT = "on_account"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="payments")
    tender = models.TextField(choices=Tender)
    status = models.TextField(default="pending")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    token = models.TextField(default="", blank=True, help_text="the provider's name for the means of payment")
    provider_reference = models.TextField(default="", blank=True)
    action_url = models.TextField(
        default="",
        db_default="",
        blank=True,
        help_text="where the customer authenticates while the payment requires an action",
    )
    captured = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    refunded = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    error = models.TextField(default="", blank=True)
    attempt = models.SmallIntegerField(
        default=1, db_default=1, help_text="counts the cards tried; each has a key of its own"
    )
    attempted_at = models.DateTimeField(null=True, help_text="when the latest attempt began; empty: with the payment")
    former_reference = models.TextField(
        default="", db_default="", blank=True, help_text="of the attempt before, given up before the next is asked for"
    )
    asked_at = models.DateTimeField(null=True, help_text="when it was last looked for again")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_not_negative"),
            models.CheckConstraint(
                condition=Q(captured__gte=0, refunded__gte=0, captured__lte=F("amount"), refunded__lte=F("captured")),
                name="payment_refunded_within_captured",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(status__in=["pending", "unknown", "requires_action"]),
                name="payment_unsettled",
            ),
            models.Index(fields=["provider_reference"], condition=~Q(provider_reference=""), name="payment_reference"),
            models.Index(fields=["created_at", "id"], name="payment_by_age"),
            models.Index(fields=["status", "order"], condition=Q(status__in=TO_WATCH), name="payment_to_watch"),
        ]

    @property
    def can_be_asked_again(self) -> bool:
        """Whether another card may be tried: this one is declined, over, or waits for its owner."""
        return self.status in PAYMENT.table["ask_again"][0]


class Transaction(models.Model):
    """One movement of money asked of a provider, once, under its own key."""

    class Kind(models.TextChoices):
        CAPTURE = "capture"
        VOID = "void"
        REFUND = "refund"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="transactions")
    kind = models.TextField(choices=Kind)
    status = models.TextField(default="pending")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    idempotency_key = models.TextField(unique=True)
    source = models.UUIDField(help_text="the shipment, return or cancellation behind it")
    provider_reference = models.TextField(default="", blank=True)
    error = models.TextField(default="", blank=True)
    asked_at = models.DateTimeField(null=True, help_text="when it was last asked for again")
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="transaction_not_negative")]
        indexes = [
            models.Index(
                fields=["created_at"], condition=Q(status__in=["pending", "unknown"]), name="transaction_unsettled"
            ),
            models.Index(fields=["source"], name="transaction_source"),
        ]


class WebhookEvent(models.Model):
    """A provider's message, kept by its id so that a second copy does nothing."""

    id = models.TextField(primary_key=True)
    kind = models.TextField()
    received_at = models.DateTimeField(default=timezone.now)
