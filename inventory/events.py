"""What happens to stock, as others hear of it. `about` is the stock row's id."""

from dataclasses import dataclass

from core.outbox import Event


@dataclass(frozen=True, kw_only=True)
class StockShort(Event):
    """More is promised at a place than is on hand there, `units` more."""

    kind = "stock.short"
    units: int


class LotClosed(Event):
    """A lot is not sold any more; `about` is the lot's id."""

    kind = "lot.closed"
