"""Lots of units that were picked and are not wanted any more."""

from collections.abc import Sequence
from uuid import UUID

from core.db import run

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


def give_back(work_line_ids: Sequence[UUID]) -> None:
    """After fewer units of these lines are picked: what is too much of their lots goes back, the freshest first."""
    run(TRIM, {"ids": list(work_line_ids)})
