"""What is asked of a payment provider, and what it may answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol
from uuid import UUID

CaptureStatus = Literal["authorised", "requires_action", "declined", "cancelled", "captured"]


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


Authorisation = Authorised | RequiresAction | Declined | Unknown
Outcome = Done | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment to be authorised. The key is the same however often it is asked."""

    payment_id: UUID
    key: str
    amount: Decimal
    currency: str
    token: str
    order_number: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A capture, release or refund. `whole`: the amount is all of the payment's."""

    transaction_id: UUID
    payment_id: UUID
    key: str
    reference: str
    amount: Decimal
    currency: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A payment as the provider has it."""

    reference: str
    payment_id: str
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

    def lookup(self, reference: str) -> Snapshot | None:
        """The provider's own account of a payment, or None when it has none. Raises NoAnswerError."""

    def find(self, payment_id: UUID) -> Snapshot | None:
        """The same, for a payment whose reference was never heard."""

    def everything(self, since: datetime) -> Iterator[Snapshot]:
        """All payments the provider knows that were made since then, newest first. Raises NoAnswerError."""
