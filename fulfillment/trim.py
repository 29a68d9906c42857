"""Lots and serial numbers of units that were picked and are not wanted any more."""

from collections.abc import Sequence
from uuid import UUID

from core.actors import Actor
from core.db import rows, run
from core.timeline import Row, record_many

TRIM = """
WITH over AS (
    SELECT w.id, (sum(k.quantity) - w.picked)::int AS n FROM fulfillment_fulfillmentline w
    JOIN fulfillment_pickedlot k ON k.fulfillment_line_id = w.id
    WHERE w.id = ANY(%(ids)s) GROUP BY w.id HAVING sum(k.quantity) > w.picked),
parts AS (
    SELECT k.id, k.quantity, o.n,
           sum(k.quantity) OVER (PARTITION BY o.id ORDER BY l.expires_on DESC NULLS FIRST, k.id DESC) AS upto
    FROM over o JOIN fulfillment_pickedlot k ON k.fulfillment_line_id = o.id JOIN inventory_lot l ON l.id = k.lot_id),
less AS (
    UPDATE fulfillment_pickedlot k SET quantity = p.upto - p.n FROM parts p
    WHERE k.id = p.id AND p.upto > p.n AND p.upto - p.quantity < p.n)
DELETE FROM fulfillment_pickedlot k USING parts p WHERE k.id = p.id AND p.upto <= p.n
"""


# Which unit was taken out is not known: whoever packs again scans those that are left.
TRIM_SERIALS = """
WITH over AS (
    SELECT w.id, o.number FROM fulfillment_fulfillmentline w
    JOIN fulfillment_pickedserial k ON k.fulfillment_line_id = w.id AND NOT k.has_left
    JOIN fulfillment_fulfillmentorder f ON f.id = w.fulfillment_order_id JOIN orders_order o ON o.id = f.order_id
    WHERE w.id = ANY(%(ids)s) GROUP BY w.id, w.picked, o.number HAVING count(*) > w.picked)
DELETE FROM fulfillment_pickedserial k USING over o WHERE k.fulfillment_line_id = o.id
RETURNING k.serial_id, o.number
"""


def give_back(work_line_ids: Sequence[UUID], *, actor: Actor) -> None:
    """After fewer units of these lines are picked: what is too much of their lots goes back, the freshest first."""
    run(TRIM, {"ids": list(work_line_ids)})
    free_numbers(work_line_ids, actor=actor)


def free_numbers(work_line_ids: Sequence[UUID], *, actor: Actor) -> None:
    """After fewer units of these lines are picked: where there are too many numbers, all of the line come free."""
    free = rows(TRIM_SERIALS, {"ids": list(work_line_ids)})
    record_many((Row(row.serial_id, "serial.put_back", data={"order": row.number}) for row in free), actor=actor)
