"""What happens to orders, as others hear of it. `about` is the order's id."""

from dataclasses import dataclass

from core.outbox import Event


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(Event):
    """Order and stock are safe; nothing has been asked of anybody else yet."""

    kind = "order.placed"
    number: str


@dataclass(frozen=True, kw_only=True)
class OrderReady(Event):
    """Nothing holds the order: it can be routed."""

    kind = "order.ready"
    number: str


@dataclass(frozen=True, kw_only=True)
class OrderChanged(Event):
    kind = "order.changed"
    number: str


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(Event):
    kind = "order.cancelled"
    number: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderCompleted(Event):
    """All delivered or cancelled, all money settled, nothing open: for the first time."""

    kind = "order.completed"
    number: str


@dataclass(frozen=True, kw_only=True)
class PaymentReminder(Event):
    """The order is still unpaid; `until` is when it will be cancelled (ISO 8601)."""

    kind = "order.payment_reminder"
    number: str
    until: str


@dataclass(frozen=True, kw_only=True)
class OrderDelayed(Event):
    """It will come later than was promised: by `expected` (ISO 8601), or on a day that nobody knows ("")."""

    kind = "order.delayed"
    number: str
    expected: str


@dataclass(frozen=True, kw_only=True)
class StockLetGo(Event):
    """The order is held still, and its `units` are not kept for it any more."""

    kind = "order.stock_let_go"
    number: str
    units: int


@dataclass(frozen=True, kw_only=True)
class StockWanted(Event):
    """Nothing holds the order any more, and stock that was not kept for it is to be asked for again."""

    kind = "order.stock_wanted"
    number: str
