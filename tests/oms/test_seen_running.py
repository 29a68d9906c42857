"""The real processes, seen from outside: one number leads through all their logs, and one web process tells of them all."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from launcher import demo, ports, processes
from launcher.children import Supervisor
from tests.factories.world import World, order_body, small_world
from tests.faults.workers import own_broker

READY_SECONDS = 90
PATIENCE = 60
TOKEN = "a-token-of-the-monitor"
NUMBER = "shop-4711"


@dataclass(frozen=True)
class System:
    """Web, workers, beat and provider of a small company; their logs are as in production."""

    url: str
    world: World
    logs: Path

    def lines(self, *parts: str) -> list[dict[str, Any]]:
        """Every line of these processes."""
        texts = [path.read_text() for path in self.logs.glob("*.log") if path.stem.startswith(parts)]
        return [json.loads(line) for text in texts for line in text.splitlines() if line.startswith("{")]

    def scraped(self) -> dict[tuple[str, str], float]:
        """Every figure, by its name and the values of its labels in the order of their names."""
        answer = httpx.get(f"{self.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)
        families = text_string_to_metric_families(answer.raise_for_status().text)
        return {(s.name, " ".join(s.labels.values())): s.value for family in families for s in family.samples}


@pytest.fixture
def system(fresh_database: str, tmp_path: Path) -> Iterator[System]:
    world = small_world()
    port = ports.free_port()
    with own_broker() as broker:
        variables = {
            "REDIS_URL": broker.url,
            "OMS_DEMO": "0",
            "OMS_LOG_FORMAT": "json",
            "METRICS_TOKEN": TOKEN,
            "PORT": str(port),
            "WEB_URL": f"http://127.0.0.1:{port}",
            "PROVIDER_URL": f"http://127.0.0.1:{ports.free_port()}",
            "PROVIDER_KEY": "sk_test_seen",
            "PROVIDER_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(16)}",
        }
        with Supervisor(demo.parts(tmp_path, variables), variables, print) as running:
            running.wait_for_all(READY_SECONDS)
            yield System(variables["WEB_URL"], world, tmp_path / "logs")


def test_one_number_leads_through_web_and_workers_and_one_scrape_tells_of_all(system: System) -> None:
    body = order_body(payments=[{"tender": "card", "amount": "28.90", "token": "tok_visa"}])
    headers = system.world.headers() | {"X-Request-ID": NUMBER}
    placed = httpx.post(f"{system.url}/api/v1/orders", json=body, headers=headers, timeout=30)
    assert placed.status_code == 201, placed.text
    order = placed.json()["number"]

    both = ("worker-providers", "worker-work")
    assert processes.wait_until(lambda: all(_hears(system, part) for part in both), PATIENCE), system.lines("worker")
    access = [line for line in system.lines("web") if line.get("request_id") == NUMBER]
    assert [(line["logger"], line["order"]) for line in access] == [("access", order)]
    work = [line for line in system.lines("worker") if line.get("request_id") == NUMBER]
    assert {line.get("order") for line in work} == {order}
    assert {line["part"] for line in work} >= {"worker relay,work", "worker providers"}
    _nothing_personal(system, body)
    assert _in_other_words(system) == [], "\n".join(_in_other_words(system))

    assert processes.wait_until(lambda: _all_told(system), PATIENCE), system.scraped()
    figures = system.scraped()
    ringing = [labels for (name, labels), value in figures.items() if name == "oms_alarm" and value]
    assert ringing == []


ONCE = {
    ("oms_http_request_seconds_count", "POST api/v1/orders 2xx"),
    ("oms_facts_total", "order.placed"),
    ("oms_deliveries_total", "payments.authorise providers done"),
    ("oms_provider_seconds_count", "authorise authorised stripe"),
}
"""What web and workers have counted, each in processes of its own."""


def _all_told(system: System) -> bool:
    figures = system.scraped()
    beats = {labels for name, labels in figures if name == "oms_heartbeat_age_seconds"}
    queues = {"queue relay", "queue work", "queue providers", "queue mail", "queue jobs"}
    return queues <= beats and all(figures.get(one) == 1 for one in ONCE)


def _hears(system: System, part: str) -> bool:
    return any(line.get("request_id") == NUMBER for line in system.lines(part))


def _in_other_words(system: System) -> list[str]:
    """Lines of our processes that no machine could read."""
    texts = [path.read_text() for path in system.logs.glob("*.log") if path.stem != "simulator"]
    return [line for text in texts for line in text.splitlines() if not line.startswith("{")]


def _nothing_personal(system: System, body: dict[str, Any]) -> None:
    written = "".join(path.read_text() for path in system.logs.glob("*.log") if path.stem != "simulator")
    known = [*body["customer"].values(), body["shipping_address"]["line1"], system.world.api_key, "tok_visa", TOKEN]
    assert [each for each in known if each in written] == []
