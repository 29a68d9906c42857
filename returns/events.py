"""What happens to returns, as others hear of it. `about` is the order's id; amounts are text in its currency."""

from dataclasses import dataclass

from core.outbox import Event


@dataclass(frozen=True, kw_only=True)
class ReturnEvent(Event):
    """One return of the order."""

    number: str
    return_id: str
    rma: str


@dataclass(frozen=True, kw_only=True)
class ReturnApproved(ReturnEvent):
    """The customer may send the goods back."""

    kind = "return.approved"


@dataclass(frozen=True, kw_only=True)
class ReturnReceived(ReturnEvent):
    """The goods are back and credited."""

    kind = "return.received"
    amount: str
    currency: str
