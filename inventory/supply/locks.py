"""The lock of a variant's supply: whoever changes who waits for what holds it, after the stock rows that he needs.

One lock for all of a variant's supply and pins, as a demand may wait for several, and for none that is known yet.
"""

from collections.abc import Collection
from uuid import UUID

from core.db import require_atomic, run

# In the order of the keys that are locked, so that no two wait in a circle.
LOCK = """
SELECT pg_advisory_xact_lock(w.key) FROM (
    SELECT DISTINCT hashtextextended('supply of ' || v, 0) AS key FROM unnest(%(variants)s::uuid[]) AS v ORDER BY 1) w
"""


def lock_supply(variant_ids: Collection[UUID]) -> None:
    """Hold the supply of these variants until the transaction ends: what is read next stays true."""
    require_atomic()
    run(LOCK, {"variants": list(variant_ids)})
