"""Core's own invariants: orders' facts against the outbox."""

from core.invariants import sql_invariant

sql_invariant(
    "core",
    "every delivery that is done belongs to a dispatched event",
    "SELECT count(*) FROM core_delivery",
    """
    SELECT format('delivery %s to %s stands though its event %s is not dispatched', d.id, d.handler, e.id)
    FROM core_delivery d JOIN core_event e ON e.id = d.event_id WHERE e.dispatched_at IS NULL
    """,
)
sql_invariant(
    "core",
    "no delivery is parked",
    "SELECT count(*) FROM core_delivery",
    "SELECT format('delivery %s to %s is parked: %s', id, handler, error) FROM core_delivery"
    " WHERE parked_at IS NOT NULL AND done_at IS NULL",
)
