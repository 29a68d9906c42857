"""What is asked of a payment provider, and what it may answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol
from uuid import UUID

CaptureStatus = Literal["authorised", "requires_action", "declined", "cancelled", "expired", "captured"]


class NoAnswerError(Exception):
    """The provider gave no answer that says anything."""


@dataclass(frozen=True, slots=True)
class Authorised:
    """The amount is promised by the customer's bank."""

    reference: str


@dataclass(frozen=True, slots=True)
class RequiresAction:
    """The customer has to authenticate at `url` first."""

    reference: str
    url: str


@dataclass(frozen=True, slots=True)
class Declined:
    """The bank said no, or the means of payment cannot be used."""

    message: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Expired:
    """The provider has given it up, unpaid: the page is over, or somebody cancelled it there."""

    message: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """Carried out, now or by an earlier call with the same key."""

    reference: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Not carried out, and asking again will not help."""

    message: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, or one that says nothing about what was done: ask again with the same key."""

    message: str


Authorisation = Authorised | RequiresAction | Declined | Expired | Unknown
Outcome = Done | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment to be authorised. The key and all else are the same however often an attempt is asked for.

    Without a token the customer chooses a card on a page of the provider's. `way_back` is where they come back to.
    """

    payment_id: UUID
    attempt: int
    key: str
    amount: Decimal
    currency: str
    token: str
    order_number: str
    way_back: str
    language: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A capture, release or refund. `whole`: the amount is all of the payment's; `former`: of the attempt before."""

    transaction_id: UUID
    payment_id: UUID
    key: str
    reference: str
    amount: Decimal
    currency: str
    whole: bool
    former: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A payment as the provider has it; which of our attempts it belongs to."""

    reference: str
    payment_id: str
    attempt: int
    status: CaptureStatus
    captured: Decimal
    refunded: Decimal
    capturable: Decimal
    url: str = ""
    message: str = ""


class Provider(Protocol):
    """A way to move money. `online` ones are asked over the network, outside of any transaction."""

    name: str
    online: bool

    def authorise(self, intent: Intent) -> Authorisation:
        """Ask for a promise of the amount."""

    def capture(self, ask: Ask) -> Outcome:
        """Take promised money; a part leaves the rest promised."""

    def void(self, ask: Ask) -> Outcome:
        """Give up what is promised and not taken; done as well when nothing is."""

    def refund(self, ask: Ask) -> Outcome:
        """Give taken money back."""

    def was_done(self, action: str, ask: Ask) -> bool:
        """Whether the provider's own account shows this very capture or refund. Raises NoAnswerError."""

    def lookup(self, reference: str) -> Snapshot | None:
        """The provider's own account of a payment, or None when it has none. Raises NoAnswerError."""

    def find(self, payment_id: UUID) -> list[Snapshot]:
        """The same, for a payment whose reference was never heard: what may still become money comes first."""

    def everything(self, since: datetime) -> Iterator[Snapshot]:
        """All payments the provider knows that were made since then, newest first. Raises NoAnswerError."""
