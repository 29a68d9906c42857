"""What happens to transfers, as others hear of it. `about` is the transfer's id."""

from dataclasses import dataclass

from core.outbox import Event


@dataclass(frozen=True, kw_only=True)
class TransferSent(Event):
    """Units left a place for another."""

    kind = "transfer.sent"
    number: str
    units: int


@dataclass(frozen=True, kw_only=True)
class TransferReceived(Event):
    """Units in transit arrived."""

    kind = "transfer.received"
    number: str
    units: int
