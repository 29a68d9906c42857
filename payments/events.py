"""What happens to money, as others hear of it. `about` is the order's id; amounts are text in the order's currency."""

from dataclasses import dataclass

from core.outbox import Event


@dataclass(frozen=True, kw_only=True)
class PaymentEvent(Event):
    """One payment of the order; a transaction where one is meant."""

    payment_id: str
    amount: str
    currency: str
    transaction_id: str = ""


@dataclass(frozen=True, kw_only=True)
class PaymentAuthorised(PaymentEvent):
    kind = "payment.authorised"


@dataclass(frozen=True, kw_only=True)
class PaymentDue(PaymentEvent):
    """Another attempt to pay is to be asked for."""

    kind = "payment.due"


@dataclass(frozen=True, kw_only=True)
class PaymentActionRequired(PaymentEvent):
    """The customer has to do something, and is not at it already: authenticate, or choose a card."""

    kind = "payment.action_required"


@dataclass(frozen=True, kw_only=True)
class PaymentFailed(PaymentEvent):
    kind = "payment.failed"


@dataclass(frozen=True, kw_only=True)
class PaymentCaptured(PaymentEvent):
    kind = "payment.captured"


@dataclass(frozen=True, kw_only=True)
class PaymentRefunded(PaymentEvent):
    kind = "payment.refunded"


@dataclass(frozen=True, kw_only=True)
class CaptureDue(Event):
    """Transactions of the order wait for their provider."""

    kind = "payment.capture_due"


@dataclass(frozen=True, kw_only=True)
class VoidDue(Event):
    kind = "payment.void_due"


@dataclass(frozen=True, kw_only=True)
class RefundDue(Event):
    kind = "payment.refund_due"


@dataclass(frozen=True, kw_only=True)
class ProviderNotice(Event):
    """The provider says that something happened to a payment; what it was is asked of the provider itself.

    `reference` is what the notice was about: where to look when our own record has none yet. `what` is the provider's
    word for it, which only decides how far we look."""

    kind = "payment.provider_notice"
    payment_id: str
    reference: str = ""
    what: str = ""
