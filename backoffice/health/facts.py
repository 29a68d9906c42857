"""What the state of the system is judged by, read once: a few queries that stay cheap in a database of any size."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from core import broker, heartbeats, jobs, outbox
from core.db import rows
from core.heartbeats import Heartbeat
from core.outbox import Backlog

DATABASE = """
SELECT clock_timestamp() AS now, pg_database_size(current_database()) AS size,
  current_setting('max_connections')::int AS most_connections,
  (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
  (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') AS waiting,
  (SELECT min(l.waitstart) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
   WHERE NOT l.granted AND a.datname = current_database()) AS waiting_since,
  (SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
   AND state <> 'idle' AND pid <> pg_backend_pid()) AS oldest_transaction,
  (SELECT count(*) FROM pg_stat_replication) AS replicas,
  (SELECT coalesce(extract(epoch FROM max(replay_lag)), 0)::float8 FROM pg_stat_replication) AS replica_lag,
  (SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)), 0)::bigint
   FROM pg_replication_slots) AS kept_for_replicas,
  (SELECT last_failed_time FROM pg_stat_archiver
   WHERE last_failed_time > coalesce(last_archived_time, '-infinity')) AS archive_failed_at
"""

PAYMENTS = """
SELECT count(*) AS unknown, min(created_at) AS oldest FROM (
  SELECT created_at FROM payments_payment WHERE status = 'unknown'
  UNION ALL SELECT created_at FROM payments_transaction WHERE status = 'unknown') open
"""

MAIL = """
SELECT count(*) FILTER (WHERE due_at IS NULL AND created_at > now() - interval '3 days') AS failed,
  min(created_at) FILTER (WHERE due_at IS NOT NULL) AS oldest, count(*) FILTER (WHERE due_at IS NOT NULL) AS waiting,
  max(error) FILTER (WHERE error <> '') AS error
FROM notifications_message WHERE sent_at IS NULL
"""

STOPPED = "SELECT min(parked_at) AS since FROM core_delivery WHERE done_at IS NULL AND parked_at IS NOT NULL"

CALLS = "SELECT series, at FROM core_measure WHERE series LIKE '[\"oms_provider_seconds\"%%'"
UNHEARD = ("no_answer", "unknown")
QUEUES = ("relay", *outbox.QUEUES, jobs.QUEUE)
"""Every queue that has workers; the relay's hands the work of the others out."""

SINCE = "SELECT applied AS at FROM django_migrations WHERE app = 'core' AND name = '0002_measures_and_heartbeats'"


@dataclass(frozen=True, slots=True)
class Calls:
    """When a provider was last heard, and when it last gave no answer."""

    heard: datetime | None
    unheard: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the findings are drawn from. `ahead` is how many seconds our clock is before the database's."""

    now: datetime
    ahead: float
    installed: datetime
    missing: tuple[str, ...]
    database: Any
    queued: Mapping[str, int] | None
    heartbeats: Mapping[str, Heartbeat]
    backlog: Backlog
    stopped_since: datetime | None
    providers: Mapping[str, Calls]
    payments: Any
    mail: Any


def gather() -> Facts:
    """Ask the database and the broker. Raises what the database raises when it is away."""
    before = time.time()
    (database,) = rows(DATABASE)
    ours = (before + time.time()) / 2
    installed = rows(SINCE)
    return Facts(
        now=database.now,
        ahead=ours - database.now.timestamp(),
        installed=installed[0].at if installed else datetime.now(UTC),
        missing=missing_migrations(),
        database=_kept(database),
        queued=_queued(),
        heartbeats=heartbeats.heard(),
        backlog=outbox.backlog(),
        stopped_since=rows(STOPPED)[0].since,
        providers=_providers(),
        payments=_kept(rows(PAYMENTS)[0]),
        mail=_kept(rows(MAIL)[0]) if settings.EMAIL_HOST else None,
    )


def _kept(row: Any) -> SimpleNamespace:
    """A row that can be put by: what a query's own rows are made of is not known to other processes."""
    return SimpleNamespace(**row._asdict())


def missing_migrations() -> tuple[str, ...]:
    """Migrations of this version that the database has not seen. Once there are none this process asks no more."""
    try:
        return _none_missing()
    except _BehindError as behind:
        return behind.names


class _BehindError(Exception):
    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names


@cache
def _none_missing() -> tuple[str, ...]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        raise _BehindError(tuple(f"{migration.app_label}.{migration.name}" for migration, _backwards in plan))
    return ()


def _queued() -> Mapping[str, int] | None:
    """Messages in each queue of the broker; None when it cannot be reached."""
    try:
        return broker.lengths(QUEUES)
    except broker.AWAY:
        return None


def _providers() -> dict[str, Calls]:
    found: dict[str, Calls] = {}
    for row in rows(CALLS):
        _name, provider, _call, outcome = json.loads(row.series)
        calls = found.get(provider, Calls(None, None))
        if outcome in UNHEARD:
            found[provider] = Calls(calls.heard, _later(calls.unheard, row.at))
        else:
            found[provider] = Calls(_later(calls.heard, row.at), calls.unheard)
    return found


def _later(one: datetime | None, other: datetime) -> datetime:
    return max(one, other) if one else other
