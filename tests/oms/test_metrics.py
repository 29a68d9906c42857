"""What a monitor is told at /metrics."""

from datetime import timedelta
from threading import Thread
from typing import cast

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from core import metrics, outbox
from core.actors import SYSTEM
from core.models import Measure
from integrations.services import create_api_key
from oms.metrics import MOST, STAGES
from orders import holds
from orders.models import Hold
from payments.providers.base import NoAnswerError, Provider
from payments.providers.guard import Guarded
from tests.factories.orders import placed
from tests.factories.world import World, small_world

TOKEN = "a-token-of-the-monitor"
SAMPLE = metrics.histogram("oms_sample_seconds", "For these tests", "kind")
PIECES = metrics.counter("oms_sample_pieces_total", "For these tests")

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(autouse=True)
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process has counted nothing yet, and there is a token."""
    metrics._waiting.clear()
    monkeypatch.setattr(settings, "METRICS_TOKEN", TOKEN)


@pytest.fixture
def world(db: None) -> World:
    return small_world()


def scraped() -> Samples:
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.content
    families = text_string_to_metric_families(answer.content.decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, tuple(sorted(labels.items()))]


@pytest.mark.django_db
def test_without_token_or_scope_nothing_is_told() -> None:
    keys = [create_api_key(scope, [scope], actor=SYSTEM) for scope in ("orders.view", "metrics.view")]
    tries = [
        "",
        "Bearer ",
        "Bearer wrong",
        f"Basic {TOKEN}",
        f"Bearer {keys[0]}",
        f"Bearer {keys[1]}",
        f"Bearer {TOKEN}",
    ]

    assert [Client().get("/metrics", headers={"Authorization": one}).status_code for one in tries] == [401] * 5 + [
        200
    ] * 2


@pytest.mark.django_db
def test_without_a_token_set_none_lets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "METRICS_TOKEN", "")

    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401


def test_orders_are_told_by_stage_and_holds_by_kind(world: World) -> None:
    holds.open_hold([placed().pk], Hold.Kind.MANUAL, actor=SYSTEM)
    placed()
    samples = scraped()

    assert value(samples, "oms_orders", status="placed") == 1
    assert value(samples, "oms_orders", status="on_hold") == 1
    assert value(samples, "oms_holds_open", kind="manual") == 1
    assert ("oms_orders", (("status", "completed"),)) not in samples


def test_the_stages_are_counted_from_the_index_and_not_beyond_a_limit(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = STAGES % {"most": MOST, "statuses": "'{placed,on_hold}'"}
        cursor.execute(f"EXPLAIN {plan}")
        told = "\n".join(row[0] for row in cursor.fetchall())
    assert "order_status" in told
    assert "Limit" in told


def test_work_that_waits_is_told_by_queue_with_its_age(world: World) -> None:
    placed()
    before = scraped()
    assert value(before, "oms_facts_waiting") >= 1
    outbox.fan_out()
    fanned = scraped()
    assert value(fanned, "oms_queue_waiting", queue="work") >= 1
    assert value(fanned, "oms_queue_oldest_seconds", queue="work") > 0
    outbox.drain()
    done = scraped()
    assert value(done, "oms_queue_waiting", queue="work") == 0
    assert value(done, "oms_facts_waiting") == 0


def test_what_was_done_is_counted_by_handler(world: World) -> None:
    placed()
    outbox.drain()
    samples = scraped()

    counted = {labels: n for (name, labels), n in samples.items() if name == "oms_deliveries_total"}
    assert counted and all(dict(labels)["result"] == "done" for labels in counted)
    assert value(samples, "oms_facts_total", kind="order.placed") == 1


def test_requests_are_measured_by_template_and_never_by_address(world: World) -> None:
    Client().get("/health/live/")
    Client().get("/orders/NO-SUCH-ORDER/")
    Client().get("/no-such-page/")
    samples = scraped()

    count = "oms_http_request_seconds_count"
    assert value(samples, count, method="GET", route="health/live/", status="2xx") == 1
    assert value(samples, count, method="GET", route="(none)", status="4xx") == 1
    assert not [labels for _, labels in samples if "NO-SUCH-ORDER" in str(labels)]


def test_every_alarm_is_told_also_those_that_do_not_ring(world: World) -> None:
    samples = scraped()

    assert value(samples, "oms_alarm", alarm="broker-away") == 0
    assert value(samples, "oms_alarm", alarm="books-disagree") == 0


def test_a_histogram_adds_up_over_processes(world: World) -> None:
    for seconds in (0.001, 0.2, 99.0):
        metrics.observe(SAMPLE, seconds, "slow")
    metrics.flush()
    metrics.observe(SAMPLE, 0.2, "slow")  # another process, or later
    samples = scraped()

    assert value(samples, "oms_sample_seconds_count", kind="slow") == 4
    assert value(samples, "oms_sample_seconds_sum", kind="slow") == pytest.approx(99.401)
    bucket = "oms_sample_seconds_bucket"
    assert [value(samples, bucket, kind="slow", le=le) for le in ("0.005", "0.1", "0.25", "10.0", "+Inf")] == [
        1,
        1,
        3,
        3,
        4,
    ]


@pytest.mark.django_db
def test_what_could_not_be_added_is_kept_for_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise ConnectionError

    metrics.count(PIECES, by=2)
    with monkeypatch.context() as broken, pytest.raises(ConnectionError):
        broken.setattr(metrics, "run", away)
        metrics.flush()
    metrics.count(PIECES)
    metrics.flush()

    assert Measure.objects.get(series='["oms_sample_pieces_total"]').counts == [3]


def test_threads_that_flush_together_lose_nothing_and_never_wait_in_a_circle(fresh_database: str) -> None:
    def work() -> None:
        for n in range(20):
            metrics.count(PIECES)
            metrics.observe(SAMPLE, 0.1, f"kind {n % 5}")
            metrics.flush()
        connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Measure.objects.get(series='["oms_sample_pieces_total"]').counts == [80]
    kinds = Measure.objects.filter(series__startswith='["oms_sample_seconds"')
    assert sum(sum(one.counts) for one in kinds) == 80


@pytest.mark.django_db
def test_labels_cannot_forge_samples() -> None:
    metrics.observe(SAMPLE, 0.1, 'a"} 1\noms_alarm{alarm="broker-away')

    assert value(scraped(), "oms_sample_seconds_count", kind='a"} 1\noms_alarm{alarm="broker-away') == 1


@pytest.mark.django_db
def test_analysed_tables_tell_how_many_orders_there_are() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_order")
    assert value(scraped(), "oms_orders_estimated") >= 0


@pytest.mark.django_db
def test_calls_to_the_provider_are_measured_and_tell_health_who_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = Guarded(cast(Provider, Moody()))
    guarded.lookup("known")
    with pytest.raises(NoAnswerError):
        guarded.lookup("nothing")
    samples = scraped()

    count = "oms_provider_seconds_count"
    assert value(samples, count, provider="moody", call="lookup", outcome="answered") == 1
    assert value(samples, count, provider="moody", call="lookup", outcome="no_answer") == 1
    Measure.objects.filter(series__contains="answered").update(at=timezone.now() - timedelta(minutes=1))
    assert value(scraped(), "oms_alarm", alarm="provider-silent") == 1


class Moody:
    """Answers one question and not the other."""

    name, online = "moody", True

    def lookup(self, reference: str) -> None:
        if reference == "nothing":
            raise NoAnswerError("the line is dead")
