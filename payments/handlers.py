"""What payments do when something happened below: all of it reaches a provider, so none of it holds a transaction."""

from collections.abc import Callable, Sequence
from uuid import UUID

from core.actors import SYSTEM
from core.outbox import Delivered, subscribe
from payments import services
from payments.models import Payment
from payments.services.transactions import ids_of

CANCELLED = "payment_intent.canceled"


@subscribe("order.placed", "payments.authorise", outside=True, queue="providers")
@subscribe("payment.due", "payments.authorise_again", outside=True, queue="providers")
def authorise(events: list[Delivered]) -> None:
    """The order is safe, or somebody pays again: get the promise of its money."""
    waiting = Payment.objects.filter(order__in=_orders(events), status__in=("pending", "unknown"))
    services.authorise(list(waiting.values_list("id", flat=True)), actor=SYSTEM)


@subscribe("payment.capture_due", "payments.capture", outside=True, queue="providers")
def capture(events: list[Delivered]) -> None:
    """Goods left: take the money for them."""
    _carry_out("capture", events, services.capture)


@subscribe("payment.void_due", "payments.void", outside=True, queue="providers")
def void(events: list[Delivered]) -> None:
    """Nothing more will be taken: give up the rest."""
    _carry_out("void", events, services.void)


@subscribe("payment.refund_due", "payments.refund", outside=True, queue="providers")
def refund(events: list[Delivered]) -> None:
    """Goods came back: give the money back."""
    _carry_out("refund", events, services.refund)


@subscribe("payment.provider_notice", "payments.look", outside=True, queue="providers")
def look(events: list[Delivered]) -> None:
    """The provider says that something happened: read its own account, and settle what is open with it."""
    hints = {UUID(e.payload["payment_id"]): e.payload.get("reference", "") for e in events}
    services.refresh(list(hints), actor=SYSTEM, hints=hints)
    over = [UUID(e.payload["payment_id"]) for e in events if e.payload.get("what") == CANCELLED]
    services.take_note_of_lapses(over, actor=SYSTEM)
    _carry_out("capture", events, services.capture)
    _carry_out("void", events, services.void)
    _carry_out("refund", events, services.refund)


def _orders(events: Sequence[Delivered]) -> list[UUID]:
    return list({e.about for e in events})


def _carry_out(kind: str, events: Sequence[Delivered], service: Callable[..., list[UUID]]) -> None:
    service(ids_of(kind, _orders(events)), actor=SYSTEM)
