"""What is to become of each order: its kind stands in its external id, where customers, floor and judge read it."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from tests.factories.world import order_body
from tests.storm.company import PLENTIFUL, SCARCE

KINDS = {"plain": 62, "transfer": 8, "cancel": 8, "part": 7, "return": 8, "threatened": 3, "declined": 4}
"""Kinds of stories and how often they are told, in percent."""

TOKENS = {"declined": "tok_chargeDeclined", "threatened": "tok_threeDSecure2Required"}
FINAL = {
    "plain": {"completed"},
    "transfer": {"completed"},
    "return": {"completed"},
    "threatened": {"completed"},
    "part": {"completed", "cancelled"},
    "cancel": {"completed", "cancelled"},
    "declined": {"on_hold", "cancelled", "completed"},
}
"""Where each kind of story may end. A cancellation races with the shipment: either may win. A bank that a fault made ask
instead of decline may be told yes."""


@dataclass(frozen=True)
class Story:
    """An order that somebody wants to place."""

    n: int
    kind: str
    body: dict[str, Any]

    @property
    def key(self) -> str:
        """The idempotency key of all attempts to place it."""
        return f"storm-{self.n}"


def story(seed: int, n: int, prices: dict[str, Decimal]) -> Story:
    """The n-th story of a storm; the same for the same seed."""
    chance = Random(f"{seed}-{n}")
    (kind,) = chance.choices(list(KINDS), list(KINDS.values()))
    skus = chance.sample(PLENTIFUL, chance.randint(1, 3))
    if chance.random() < 0.1:
        skus[0] = chance.choice(SCARCE)
    lines = [{"sku": sku, "quantity": chance.randint(1, 3)} for sku in skus]
    total = sum((prices[str(line["sku"])] * int(str(line["quantity"])) for line in lines), Decimal("4.90"))
    payment = {"tender": "bank_transfer", "amount": str(total)}
    if kind != "transfer":
        payment = {"tender": "card", "amount": str(total), "token": TOKENS.get(kind, "tok_visa")}
    body = order_body(lines=lines, external_id=f"{kind}-{n}", shipping_price="4.90", payments=[payment])
    body["customer"]["email"] = f"customer{chance.randint(1, 500)}@example.com"
    return Story(n, kind, body)
