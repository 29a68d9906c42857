"""Ways to pay that no machine is asked about: transfers seen on the bank statement, and goods sold on account."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from payments.providers.base import Ask, Authorised, Done, Intent, Snapshot


@dataclass
class Manual:
    """Everything asked is taken as done."""

    name: str
    online: bool = False

    def authorise(self, intent: Intent) -> Authorised:
        """Nothing to ask: the customer's word is taken."""
        return Authorised("")

    def capture(self, ask: Ask) -> Done:
        """Recorded as paid."""
        return Done()

    def void(self, ask: Ask) -> Done:
        """Nothing is promised, so nothing has to be given up."""
        return Done()

    def refund(self, ask: Ask) -> Done:
        """Recorded as paid back."""
        return Done()

    def lookup(self, reference: str) -> Snapshot | None:
        """Nobody to ask."""
        return None

    def was_done(self, action: str, ask: Ask) -> bool:
        """Recording it is doing it."""
        return True

    def find(self, payment_id: UUID) -> list[Snapshot]:
        """Nobody to ask."""
        return []

    def everything(self, since: datetime) -> Iterator[Snapshot]:
        """Nobody to ask."""
        return iter(())
