"""Jobs against their rows."""

from core.invariants import sql_invariant

sql_invariant(
    "core",
    "the counts of a bulk action are those of its rows",
    "SELECT count(*) FROM core_job WHERE kind = 'bulk'",
    """
    SELECT format('job %s counts %s rows, of them %s done, %s refused, %s failed; it has %s: %s, %s, %s',
                  j.id, j.total, j.done, j.refused, j.failed, r.total, r.done, r.refused, r.failed)
    FROM core_job j CROSS JOIN LATERAL (
        SELECT count(*) AS total, count(*) FILTER (WHERE state = 'done') AS done,
               count(*) FILTER (WHERE state = 'refused') AS refused, count(*) FILTER (WHERE state = 'failed') AS failed
        FROM core_jobrow WHERE job_id = j.id) r
    WHERE j.kind = 'bulk' AND (j.total, j.done, j.refused, j.failed) <> (r.total, r.done, r.refused, r.failed)
    """,
)
sql_invariant(
    "core",
    "a job that is done has no rows that wait",
    "SELECT count(*) FROM core_job WHERE state = 'done'",
    """
    SELECT format('job %s is done, but its row %s waits', j.id, r.label)
    FROM core_job j JOIN core_jobrow r ON r.job_id = j.id WHERE j.state = 'done' AND r.state = 'waiting'
    """,
)
sql_invariant(
    "core",
    "the size of a file is that of its pieces",
    "SELECT count(*) FROM core_job WHERE kind = 'export' AND state = 'done'",
    """
    SELECT format('the file of job %s has %s bytes in its pieces, not %s', j.id, p.size, j.size)
    FROM core_job j JOIN LATERAL (
        SELECT sum(length(data)) AS size FROM core_jobpiece WHERE job_id = j.id AND of = 'file') p ON true
    WHERE j.kind = 'export' AND j.state = 'done' AND p.size IS NOT NULL AND p.size <> j.size
    """,
)
