"""An order as one row of a list: what stands there, worked out once for every list that shows orders."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import wording
from orders.models import Order
from orders.selectors import is_late


@dataclass(frozen=True, slots=True)
class OrderRow:
    """`status` is the one to show; `moved` when the promise is not the first one."""

    order: Order
    status: str
    late_by: int
    moved: bool
    note: str
    tone: str

    @property
    def city(self) -> str:
        """Where the goods go."""
        return str(self.order.shipping_address.get("city", ""))


def row(order: Order) -> OrderRow:
    """The row of an order that was read with `listed`."""
    late_by = is_late(order)
    first = order.first_promise_latest
    note, tone = _note(order, late_by)
    return OrderRow(
        order=order,
        status=order.status,
        late_by=late_by,
        moved=bool(first and order.promise_latest and first != order.promise_latest),
        note=note,
        tone=tone,
    )


def _note(order: Order, late_by: int) -> tuple[str, str]:
    holds: list[Any] = getattr(order, "open_holds", [])
    if holds:
        reasons = ", ".join(wording.hold(hold.kind) for hold in holds)
        return holds[0].note or _("Waits for: %(reasons)s") % {"reasons": reasons}, "amber"
    if late_by:
        return ngettext("%(n)d day late", "%(n)d days late", late_by) % {"n": late_by}, "red"
    if order.status == "backordered":
        return _("No stock yet"), "amber"
    return "", "grey"
