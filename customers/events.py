"""What happens to customers, as others hear of it. `about` is the customer's id."""

from dataclasses import dataclass

from core.outbox import Event


@dataclass(frozen=True, kw_only=True)
class CustomerChanged(Event):
    """Their name, or how they are reached, is another."""

    kind = "customer.changed"
