"""What stands in the log, and what never does."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from structlog.contextvars import bound_contextvars

from core import logs, outbox, tracing
from core.middleware import server_error
from tests.api.client import Caller, problem, told
from tests.factories.people import signed_in
from tests.factories.world import World, order_body, small_world


class Log(StringIO):
    """All that is written, as it would stand in the log of production."""

    def lines(self, logger: str = "") -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.getvalue().splitlines()]
        return [line for line in found if not logger or line["logger"] == logger]

    def only(self, logger: str) -> dict[str, Any]:
        (line,) = self.lines(logger)
        return line


@pytest.fixture
def log() -> Iterator[Log]:
    written = Log()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.Line())
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def world(db: None) -> World:
    return small_world()


def test_a_request_leaves_one_line_with_its_number_and_who_and_how_long(log: Log, world: World) -> None:
    placed = Caller(world.api_key).post("/orders", order_body(), **{"X-Request-ID": "shop-42"})

    assert placed.headers["X-Request-ID"] == "shop-42"
    line = log.only("access")
    assert line["request_id"] == "shop-42"
    assert (line["method"], line["route"], line["status"]) == ("POST", "api/v1/orders", 201)
    assert line["order"] == told(placed, 201)["number"]
    assert line["actor"].startswith("api ")
    assert line["duration_ms"] > 0


def test_a_page_of_an_order_names_the_order_and_the_person(log: Log, world: World) -> None:
    number = told(Caller(world.api_key).post("/orders", order_body()), 201)["number"]

    signed_in("clerk").get(f"/orders/{number}/")

    line = log.lines("access")[-1]
    assert (line["order"], line["path"]) == (number, f"/orders/{number}/")
    assert line["actor"].startswith("user ")


@pytest.mark.parametrize("forged", ["", "two\nlines", 'a "quoted" one', "x" * 65, "é", "-dash", "a b"])
def test_a_number_that_could_forge_the_log_is_replaced(forged: str) -> None:
    given = Client().get("/api/nothing", headers={"X-Request-ID": forged}).headers["X-Request-ID"]

    assert given != forged
    assert tracing.ACCEPTED.fullmatch(given)


def test_each_request_has_a_number_of_its_own_and_none_is_left_behind() -> None:
    numbers = {Client().get("/api/nothing").headers["X-Request-ID"] for _ in range(3)}

    assert len(numbers) == 3
    assert tracing.current() == ""


def test_a_problem_tells_the_number_to_quote(world: World) -> None:
    refused = Caller(world.api_key).get("/orders/NO-SUCH")

    assert problem(refused, 404, "not-found")["request_id"] == refused.headers["X-Request-ID"]


def test_the_page_of_a_fault_tells_the_number_to_quote(rf: Any) -> None:
    with tracing.bound(request_id="ask-for-me"):
        page = server_error(rf.get("/"))

    assert page.status_code == 500
    assert "ask-for-me" in page.content.decode()


def test_an_error_is_written_with_its_traceback_on_the_same_line(log: Log) -> None:
    try:
        raise LookupError("nothing there")
    except LookupError:
        logging.getLogger("anything").exception("it failed")

    line = log.only("anything")
    assert (line["event"], line["level"]) == ("it failed", "error")
    assert "LookupError: nothing there" in line["exception"]
    assert "test_logs.py" in line["exception"]


SECRETS = [
    "ada@example.com",
    "+33 6 12 34 56 78",
    "0612345678",
    "4242 4242 4242 4242",
    "4242424242424242",
    "Bearer abc.def",
    "oms_" + "k" * 43,
    "sk_live_51abcdef",
    "tok_visa",
    "whsec_abcdef123",
    "12 rue des Lilas",
]


@pytest.mark.parametrize("secret", SECRETS[:-1])
@pytest.mark.parametrize("sentence", ["{}", "so {} came", "{}, and more", "a='{}'"])
def test_what_looks_personal_or_secret_is_left_out_of_any_text(log: Log, secret: str, sentence: str) -> None:
    logging.getLogger("anything").warning(sentence.format(secret), extra={"note": sentence.format(secret)})
    try:
        raise ValueError(sentence.format(secret))
    except ValueError:
        logging.getLogger("anything").exception("failed for %s", secret)

    assert secret not in log.getvalue().replace(repr(secret), "")


@pytest.mark.parametrize("key", ["email", "shipping_address", "phone", "token", "password", "customer_name", "line1"])
def test_what_is_personal_or_secret_by_its_name_is_left_out_at_any_depth(log: Log, key: str) -> None:
    logging.getLogger("anything").info("x", extra={key: SECRETS[-1], "deep": [{"in": {key: SECRETS[-1]}}]})
    with bound_contextvars(**{key: SECRETS[-1]}):
        logging.getLogger("anything").info("y")

    assert SECRETS[-1] not in log.getvalue()


@pytest.mark.parametrize(
    "harmless", ["W-100001", "0198c1d2-e3f4-7a5b-8c6d-7e8f90a1b2c3", "2026-11-23T05:21:02.919+01:00", "12.345", "8000"]
)
def test_numbers_of_orders_and_ids_and_times_stay(log: Log, harmless: str) -> None:
    logging.getLogger("anything").warning(harmless)

    assert log.only("anything")["event"] == harmless


def test_what_the_database_quotes_of_a_row_is_left_out() -> None:
    said = (
        'duplicate key value violates unique constraint "x"\nDETAIL:  Failing row contains (1, Ada Lovelace,\n12 rue'
        " des Lilas).\nCONTEXT:  SQL statement\n\nThe above exception was the direct cause of the following exception:"
    )
    written = logs.hidden(said)

    assert "Lilas" not in written and "Lovelace" not in written
    assert "duplicate key" in written and "The above exception" in written


def test_the_life_of_an_order_leaves_nothing_of_its_customer_in_the_log(log: Log, world: World) -> None:
    body = order_body()
    api = Caller(world.api_key)
    api.post("/orders", body)
    api.post("/orders", {**body, "external_id": "again", "currency": "XXX"})
    api.get("/customers", email=body["customer"]["email"])
    clerk = signed_in("clerk")
    clerk.get("/search/", {"q": body["customer"]["email"]})
    clerk.get("/customers/", {"q": body["customer"]["last_name"]})
    clerk.get("/t/some-secret-token/")
    clerk.get("/nothing/ada@example.com")

    written = log.getvalue()
    named = [*body["customer"].values(), *_texts(body["shipping_address"]), "some-secret-token", world.api_key]
    assert [each for each in named if len(each) > 2 and each in written] == []
    assert len(log.lines("access")) == 7


def _texts(address: dict[str, str]) -> list[str]:
    return [text for text in address.values() if len(text) > 2]


def test_people_read_the_same_line_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    record = logging.makeLogRecord({"msg": "it works", "levelname": "INFO", "name": "anything", "status": 200})

    assert logs.Words().format(record).endswith("info    anything: it works status=200")


@pytest.mark.parametrize(
    ("program", "level"), [("/bin/gunicorn", "INFO"), ("celery", "INFO"), ("manage.py", "WARNING")]
)
def test_what_lasts_tells_more_than_a_command(program: str, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMS_LOG_LEVEL", raising=False)
    monkeypatch.setattr("sys.argv", [program])

    assert logs.configuration()["root"]["level"] == level


@pytest.mark.parametrize(
    ("variables", "style"),
    [
        ({}, "json"),
        ({"OMS_DEMO": "1"}, "text"),
        ({"OMS_DEMO": "1", "OMS_LOG_FORMAT": "json"}, "json"),
        ({"OMS_LOG_FORMAT": "text"}, "text"),
    ],
)
def test_production_writes_json_and_the_demo_words(
    variables: dict[str, str], style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OMS_DEMO", "OMS_DEBUG", "OMS_LOG_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stderr", StringIO())

    assert logs.chosen_style() == style


def test_work_that_follows_a_request_is_found_by_its_number_and_by_the_order(log: Log, world: World) -> None:
    placed = Caller(world.api_key).post("/orders", order_body(), **{"X-Request-ID": "follow-me"})
    outbox.drain()

    work = [line for line in log.lines("work") if line["request_id"] == "follow-me"]
    assert {line["order"] for line in work} == {told(placed, 201)["number"]}
    routed = next(line for line in work if "rout" in line["handler"])
    assert routed["event"] == "delivered"
    assert {"queue", "delivery", "attempt", "duration_ms", "set"} < routed.keys()
    assert {line["request_id"] for line in log.lines() if "request_id" in line} == {"follow-me"}


def test_a_set_leaves_one_line_that_names_every_order_and_request(log: Log, world: World) -> None:
    api = Caller(world.api_key)
    numbers = [
        told(api.post("/orders", order_body(), **{"X-Request-ID": f"shop-{n}"}), 201)["number"] for n in range(3)
    ]
    outbox.drain()

    line = next(line for line in log.lines("work") if "rout" in line["handler"])
    assert (line["set"], len(line["deliveries"])) == (3, 3)
    assert line["orders"] == numbers
    assert line["request_ids"] == ["shop-0", "shop-1", "shop-2"]


def test_work_that_fails_is_written_with_its_error_and_the_request(
    log: Log, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    Caller(world.api_key).post("/orders", order_body(), **{"X-Request-ID": "unlucky"})
    broken = {name: replace(one, handler=_fail) for name, one in outbox.registry.SUBSCRIPTIONS.items()}
    monkeypatch.setattr(outbox.registry, "SUBSCRIPTIONS", broken)
    outbox.fan_out()
    for one in outbox.claim():
        outbox.deliver(one.handler, one.ids, one.claim)

    failed = [line for line in log.lines("work") if line["level"] == "error"]
    assert failed
    assert {line["request_id"] for line in failed} == {"unlucky"}
    assert all("RuntimeError: no luck" in line["exception"] and line["attempt"] == "1" for line in failed)


def _fail(events: Any) -> None:
    raise RuntimeError("no luck")
