"""Authorising a return: which units may come back, under an RMA number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.db import rows, run
from core.ids import new_id
from core.outbox import publish
from core.problems import Invalid, NotFound
from core.states import apply
from core.timeline import record
from orders.services import lock_order, refresh
from returns.events import ReturnApproved
from returns.models import Return
from returns.states import RETURN

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """Units of an order line that the customer wants to send back."""

    line_id: UUID
    quantity: int
    reason: str = ""


def request_return(order_id: UUID, lines: Sequence[Asked], *, actor: Actor, external_id: str = "") -> Return:
    """Approve a return of shipped units. Units that are back, or authorised under another RMA, do not count twice.

    A second call with the same `external_id` gives the first one's return. Raises Invalid naming the line.
    """
    with transaction.atomic():
        order = lock_order(order_id)
        earlier = Return.objects.filter(order_id=order_id, external_id=external_id).exclude(external_id="").first()
        if earlier is not None:
            return earlier
        _check(lines, {row.line_id: row for row in rows(RETURNABLE, {"orders": [order_id]})})
        made = Return.objects.create(id=new_id(), rma=rma_numbers(1)[0], order_id=order_id, external_id=external_id)
        _insert_lines(made.id, lines)
        data = {"rma": made.rma, "units": sum(line.quantity for line in lines)}
        record(order_id, "return.approve", actor=actor, after="approved", data=data)
        approved = ReturnApproved(about=order_id, number=order.number, return_id=str(made.id), rma=made.rma)
        publish([approved], dispatched=order.is_history)
        refresh([order_id], actor=actor)
    return made


def cancel_return(return_id: UUID, *, actor: Actor, reason: str) -> Return:
    """The goods will not come: their units may be returned under another RMA. Conflict when they are here already."""
    if not reason.strip():
        raise Invalid.field(["reason"], _("say why"))
    with transaction.atomic():
        found = Return.objects.filter(pk=return_id).first()
        if found is None:
            raise NotFound(_("There is no such return."))
        lock_order(found.order_id)
        return apply(
            RETURN,
            found,
            "cancel",
            actor=actor,
            about=found.order_id,
            data={"rma": found.rma, "reason": reason.strip()},
        )


RETURNABLE = """
SELECT l.id AS line_id, l.order_id, l.sku, l.shipped, l.returned, l.shipped - l.returned - coalesce(a.units, 0) AS left
FROM orders_orderline l
LEFT JOIN (
    SELECT r.order_line_id, sum(r.quantity)::int AS units FROM returns_returnline r
    JOIN returns_return p ON p.id = r.parent_id WHERE p.status = 'approved' AND p.order_id = ANY(%(orders)s)
    GROUP BY 1) a ON a.order_line_id = l.id
WHERE l.order_id = ANY(%(orders)s) ORDER BY l.order_id, l.position
"""


def _check(lines: Sequence[Asked], known: dict[UUID, Any]) -> None:
    if not lines:
        raise Invalid.field(["lines"], _("name at least one line to return"))
    errors, seen = [], set()
    for index, line in enumerate(lines):
        row, place = known.get(line.line_id), ["lines", index, "quantity"]
        if row is None:
            errors.append({"loc": ["lines", index, "id"], "msg": "this order has no such line"})
        elif line.line_id in seen:
            errors.append({"loc": ["lines", index, "id"], "msg": "stands here twice; give one quantity"})
        elif line.quantity <= 0:
            errors.append({"loc": place, "msg": "must be at least 1"})
        elif line.quantity > row.left:
            errors.append({"loc": place, "msg": f"only {max(0, row.left)} of {row.sku} can be returned"})
        elif len(line.reason) > LONGEST_REASON:
            errors.append({"loc": ["lines", index, "reason"], "msg": f"must be at most {LONGEST_REASON} characters"})
        seen.add(line.line_id)
    if errors:
        raise Invalid(errors=errors)


def rma_numbers(count: int) -> list[str]:
    """New RMA numbers, in one statement."""
    found = rows("SELECT nextval('returns_rma') AS n FROM generate_series(1, %(count)s)", {"count": count})
    return [f"RMA-{row.n}" for row in found]


def _insert_lines(return_id: UUID, lines: Sequence[Asked]) -> None:
    run(
        """
        INSERT INTO returns_returnline (id, parent_id, order_line_id, quantity, reason, condition, decision, disposition,
                                        net, tax, freight_net, freight_tax)
        SELECT l.id, %(parent)s, l.line, l.q, l.reason, 'sellable', 'pending', '', 0, 0, 0, 0
        FROM unnest(%(ids)s::uuid[], %(lines)s::uuid[], %(quantities)s::int[], %(reasons)s::text[])
             AS l(id, line, q, reason)
        """,
        {
            "parent": return_id,
            "ids": [new_id() for _ in lines],
            "lines": [line.line_id for line in lines],
            "quantities": [line.quantity for line in lines],
            "reasons": [line.reason.strip() for line in lines],
        },
    )
