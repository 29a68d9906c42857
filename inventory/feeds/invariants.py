"""What must always be true of feeds: what they said stands in the books, and silence lowers what is promised."""

from core.invariants import sql_invariant

sql_invariant(
    "inventory",
    "the last level of each row stands in its movements",
    "SELECT count(*) FROM inventory_lastlevel",
    """
    SELECT format('%s at %s, %s: a level changed the books by %s, its movements by %s', v.sku, l.code, p.condition,
                  p.stands - p.before, coalesce(m.moved, 0))
    FROM inventory_lastlevel p
    JOIN catalog_variant v ON v.id = p.variant_id JOIN inventory_location l ON l.id = p.location_id
    LEFT JOIN (
        SELECT source, variant_id, location_id, condition, sum(quantity) AS moved, min(at) AS first, max(at) AS last
        FROM inventory_movement WHERE reason = 'count' GROUP BY 1, 2, 3, 4) m
      ON m.source = p.source AND m.variant_id = p.variant_id AND m.location_id = p.location_id
     AND m.condition = p.condition
    WHERE coalesce(m.moved, 0) <> p.stands - p.before OR m.first <> p.as_of OR m.last <> p.as_of
    """,
)
sql_invariant(
    "inventory",
    "what a place holds back is the rule of its silent feed",
    "SELECT count(*) FROM inventory_location",
    """
    SELECT format('%s holds back %s units and %s per cent; by its feed it is %s and %s', l.code, l.held_units,
                  l.held_share, coalesce(f.units, 0), coalesce(f.share, 0))
    FROM inventory_location l
    LEFT JOIN (
        SELECT p.location_id, f.hold_units AS units,
               CASE f.when_silent WHEN 'promise_nothing' THEN 100 ELSE f.hold_share END AS share
        FROM inventory_stockfeed f JOIN inventory_stockfeedplace p ON p.feed_id = f.id
        WHERE f.silent_since IS NOT NULL) f ON f.location_id = l.id
    WHERE (l.held_units, l.held_share) <> (coalesce(f.units, 0), coalesce(f.share, 0))
    """,
)
sql_invariant(
    "inventory",
    "a feed is silent exactly while people are told so",
    "SELECT count(*) FROM inventory_stockfeed",
    """
    SELECT format('%s: silent since %s, incident open: %s', f.code, coalesce(f.silent_since::text, 'never'), i.id IS NOT NULL)
    FROM inventory_stockfeed f
    LEFT JOIN core_incident i ON i.about = f.id AND i.kind = 'feed_silent' AND i.resolved_at IS NULL
    WHERE (f.silent_since IS NOT NULL) <> (i.id IS NOT NULL)
    """,
)
sql_invariant(
    "inventory",
    "a finished message is applied to its end",
    "SELECT count(*) FROM inventory_feedmessage WHERE finished_at IS NOT NULL",
    """
    SELECT format('message %s of %s says %s/%s/%s/%s of %s; its chunks %s/%s/%s/%s, %s still to do', m.id, f.code,
                  m.applied, m.unchanged, m.stale, m.refused, m.total, c.applied, c.unchanged, c.stale, c.refused, c.waiting)
    FROM inventory_feedmessage m JOIN inventory_stockfeed f ON f.id = m.feed_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(applied), 0) AS applied, coalesce(sum(unchanged), 0) AS unchanged,
               coalesce(sum(stale), 0) AS stale, coalesce(sum(refused), 0) AS refused,
               count(*) FILTER (WHERE done_at IS NULL) AS waiting
        FROM inventory_feedchunk WHERE message_id = m.id) c
    WHERE m.finished_at IS NOT NULL AND (c.waiting > 0
       OR (m.applied, m.unchanged, m.stale, m.refused) <> (c.applied, c.unchanged, c.stale, c.refused))
    """,
)
