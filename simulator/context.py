"""What carrying out a call needs to know beside its parameters."""

import time
from dataclasses import dataclass
from typing import Any

from simulator.store import Movement, Object, Store, new_id

API_VERSION = "2025-09-30.clover"


@dataclass(frozen=True)
class Context:
    """The store, the address customers' browsers reach us at, and the call's own identification.

    `whim`: `decline` or `requires_action`, when the customer's bank is to do so whatever the card; `500_kept`, when
    the call is to fail for good.
    """

    store: Store
    address: str
    request_id: str = ""
    idempotency_key: str = ""
    whim: str = ""

    def publish(self, kind: str, thing: Object) -> None:
        """Queue a webhook of `kind` about `thing` as it is now."""
        event: dict[str, Any] = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": now(),
            "type": kind,
            "data": {"object": thing},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": self.request_id or None, "idempotency_key": self.idempotency_key or None},
        }
        self.store.enqueue(event)

    def moved(self, kind: str, intent: Object, amount: int) -> None:
        """Write a movement of money down in the ledger."""
        payment = intent["metadata"].get("payment", "")
        self.store.note(Movement(intent["id"], payment, kind, amount, self.idempotency_key))


def now() -> int:
    """Seconds since the epoch."""
    return int(time.time())
