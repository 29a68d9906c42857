"""Figures for Prometheus at /metrics: what is counted in every process, and how things stand in the database.

Any web process tells of the whole system, so a monitor asks one address only. Every query stays cheap in a database
of any size: open things are found by partial indexes, and orders of a stage are counted up to `MOST`.
"""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from backoffice.health.facts import Facts, gather
from backoffice.health.finding import ALARMS
from backoffice.health.guard import SCOPE, may_read
from backoffice.health.judge import alarms, judge
from core import books, metrics
from core.calls import problem_response
from core.db import rows
from core.failures import is_away
from core.problems import Unauthorised
from orders.states import ORDER_STATES

MOST = 20_000
OVER = ("completed", "cancelled")
"""Stages that orders stay in: their number is estimated with that of all orders, not counted."""

STAGES = """
SELECT s.status, (SELECT count(*) FROM (
    SELECT FROM orders_order o WHERE o.status = s.status LIMIT %(most)s) AS few) AS n
FROM unnest(%(statuses)s::text[]) AS s(status)
"""
ALL_ORDERS = "SELECT greatest(reltuples, 0)::bigint AS n FROM pg_class WHERE oid = 'orders_order'::regclass"
HOLDS = "SELECT kind, count(*) AS n FROM orders_hold WHERE status = 'open' GROUP BY kind"
INCIDENTS = "SELECT kind, count(*) AS n FROM core_incident WHERE resolved_at IS NULL GROUP BY kind"
SESSIONS = """
SELECT coalesce(state, 'unknown') AS state, count(*) AS n FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' GROUP BY 1
"""


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """All figures in Prometheus's text format."""
    if not may_read(request):
        return problem_response(Unauthorised(f"Send METRICS_TOKEN, or an API key with the scope {SCOPE}, as bearer."))
    try:
        metrics.flush()
        families = list(collect())
    except Error as error:
        if not is_away(error):
            raise
        return HttpResponse("The database does not answer.\n", content_type="text/plain", status=503)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Ready(families))
    return HttpResponse(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")


class _Ready(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self.families = families

    def collect(self) -> Iterable[Metric]:
        return self.families


def collect() -> Iterator[Metric]:
    """Every family with its samples."""
    facts = gather()
    yield from counted()
    yield from _of_orders()
    yield from _of_work(facts)
    yield from _of_database(facts)
    yield from _of_signs(facts)


def counted() -> Iterator[Metric]:
    """What processes have counted."""
    for metric, totals in metrics.totals():
        if not metric.buckets:
            counter = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
            for total in totals:
                counter.add_metric(total.labels, total.sum)
            yield counter
            continue
        family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
        bounds = [*map(str, metric.buckets), "+Inf"]
        for total in totals:
            family.add_metric(total.labels, list(zip(bounds, accumulate(total.counts), strict=True)), total.sum)
        yield family


def _gauge(name: str, help: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help, value=value)


def _gauges(name: str, help: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(name, help, labels=[label])
    for said, value in values:
        family.add_metric([said], value)
    return family


def _pairs(found: Iterable[Any]) -> list[tuple[str, float]]:
    return [(row[0], row[1]) for row in found]


def _of_orders() -> Iterator[Metric]:
    statuses = [status for status in ORDER_STATES if status not in OVER]
    stages = rows(STAGES, {"most": MOST, "statuses": statuses})
    yield _gauges("oms_orders", f"Orders by stage, counted up to {MOST}", "status", _pairs(stages))
    yield _gauge("oms_orders_estimated", "All orders there are, as the planner estimates", rows(ALL_ORDERS)[0].n)
    yield _gauges("oms_holds_open", "Open holds by kind", "kind", _pairs(rows(HOLDS)))
    yield _gauges("oms_incidents_open", "Open exceptions by kind", "kind", _pairs(rows(INCIDENTS)))


def _of_work(facts: Facts) -> Iterator[Metric]:
    queues, backlog = facts.backlog.queues, facts.backlog
    yield _gauges("oms_queue_waiting", "Deliveries that wait", "queue", ((q.queue, q.waiting) for q in queues))
    oldest = ((q.queue, q.oldest_seconds) for q in queues)
    yield _gauges("oms_queue_oldest_seconds", "Age of the oldest delivery that waits", "queue", oldest)
    yield _gauges("oms_queue_stopped", "Deliveries that were stopped", "queue", ((q.queue, q.parked) for q in queues))
    yield _gauge("oms_facts_waiting", "Facts that no relay has handed on", backlog.undispatched)
    yield _gauge("oms_facts_oldest_seconds", "Age of the oldest of them", backlog.oldest_undispatched_seconds)
    yield _gauge("oms_broker_up", "Whether the broker answers", facts.queued is not None)
    yield _gauges("oms_broker_messages", "Messages in the broker", "queue", (facts.queued or {}).items())
    yield _gauge("oms_payments_unknown", "Payments whose outcome is unknown", facts.payments.unknown)
    if facts.mail is not None:
        yield _gauge("oms_letters_waiting", "Letters that wait to be sent", facts.mail.waiting)
        yield _gauge("oms_letters_failed", "Letters of three days that could not be sent", facts.mail.failed)


def _of_database(facts: Facts) -> Iterator[Metric]:
    seen = facts.database
    yield _gauges("oms_database_sessions", "Sessions of this database by state", "state", _pairs(rows(SESSIONS)))
    yield _gauge("oms_database_connections", "Connections of the whole server", seen.connections)
    yield _gauge("oms_database_connections_limit", "Connections that the server allows", seen.most_connections)
    yield _gauge("oms_database_lock_waits", "Statements that wait for a lock", seen.waiting)
    waited, running = _age(facts, seen.waiting_since), _age(facts, seen.oldest_transaction)
    yield _gauge("oms_database_longest_lock_wait_seconds", "How long the first of them waits", waited)
    yield _gauge("oms_database_oldest_transaction_seconds", "Age of the oldest open transaction", running)
    yield _gauge("oms_database_bytes", "Size of the database", seen.size)
    yield _gauge("oms_database_replicas", "Replicas that are connected", seen.replicas)
    yield _gauge("oms_database_replica_lag_seconds", "How far the last replica is behind", seen.replica_lag)
    yield _gauge("oms_database_kept_for_replicas_bytes", "Log kept for replicas", seen.kept_for_replicas)


def _age(facts: Facts, since: Any) -> float:
    return (facts.now - since).total_seconds() if since else 0.0


def _of_signs(facts: Facts) -> Iterator[Metric]:
    beats = ((name, _age(facts, one.at)) for name, one in facts.heartbeats.items())
    yield _gauges("oms_heartbeat_age_seconds", "Since the last sign of life", "of", beats)
    if last := facts.heartbeats.get(books.NAME):
        yield _gauge("oms_books_disagreements", "What the nightly check found", last.data["count"])
    yield _gauge("oms_clock_ahead_seconds", "Our clock before the database's", facts.ahead)
    ringing = alarms(judge(facts))
    yield _gauges("oms_alarm", "1 while an alarm rings", "alarm", ((name, name in ringing) for name in ALARMS))
