"""What happens to stock, as others hear of it. `about` is the stock row's id."""

from dataclasses import dataclass

from core.outbox import Event


@dataclass(frozen=True, kw_only=True)
class StockShort(Event):
    """More is promised at a place than is on hand there, `units` more."""

    kind = "stock.short"
    units: int


@dataclass(frozen=True, kw_only=True)
class SafetyRulesChanged(Event):
    """A rule about safety stock came or went. `about` is the rule's id."""

    kind = "safety_rules.changed"


@dataclass(frozen=True, kw_only=True)
class LotClosed(Event):
    """A lot is not sold any more; `about` is the lot's id."""

    kind = "lot.closed"


@dataclass(frozen=True, kw_only=True)
class LotShort(Event):
    """Fewer units of a lot lie at a place than people have in hand of it; `about` is the lot's id."""

    kind = "lot.short"
