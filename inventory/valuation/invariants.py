"""Stock in the ledger is what lies there at cost."""

from core.invariants import sql_invariant
from inventory.valuation.costs import APART

sql_invariant(
    "inventory",
    "stock stands in the ledger at its cost",
    "SELECT count(*) FROM inventory_location WHERE kind <> 'vendor'",
    f"SELECT format('%s: %s lie there at cost, %s in the ledger', code, round(worth, 2), booked) FROM ({APART}) a WHERE NOT is_rounding",  # noqa: S608
)
