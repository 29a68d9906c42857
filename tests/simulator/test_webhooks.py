import queue
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import stripe

from simulator.webhooks import signature
from tests.factories.provider import ProviderProcess
from tests.simulator.calls import authorise

SECRET = "whsec_test"
Received = queue.Queue[tuple[bytes, str]]


class Listener(ThreadingHTTPServer):
    """Takes webhooks; refuses as many first ones as told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: Received = queue.Queue()
        self.refuse = 0


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        refused, self.server.refuse = self.server.refuse > 0, self.server.refuse - 1
        self.server.received.put((body, self.headers["Stripe-Signature"]))
        self.send_response(500 if refused else 200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def hooked(listener: Listener, tmp_path: Path) -> Iterator[ProviderProcess]:
    url = f"http://127.0.0.1:{listener.server_address[1]}/hook?x=1"
    process = ProviderProcess(tmp_path / "provider.sqlite3", webhook_url=url, webhook_secret=SECRET)
    yield process
    assert process.stop(signal.SIGTERM) == 0


def test_webhooks_are_signed_as_the_client_expects(hooked: ProviderProcess, listener: Listener) -> None:
    client = hooked.client()
    intent = authorise(client, 1000)
    kinds = []
    for _ in range(2):
        body, signed = listener.received.get(timeout=5)
        event = client.construct_event(body, signed, SECRET)
        kinds.append(event.type)
        assert event.data.object["id"] == intent.id
    assert kinds == ["payment_intent.created", "payment_intent.amount_capturable_updated"]


def test_a_refused_webhook_comes_again(hooked: ProviderProcess, listener: Listener) -> None:
    listener.refuse = 1
    authorise(hooked.client(), 1000)
    ids = [hooked.client().construct_event(*listener.received.get(timeout=5), SECRET).id for _ in range(3)]
    assert len(set(ids)) == 2


def test_a_signature_covers_time_and_body() -> None:
    signed = signature(SECRET, "{}", at=1000)
    assert stripe.WebhookSignature.verify_header("{}", signed, SECRET, tolerance=None)
    for body, secret in (("{ }", SECRET), ("{}", "whsec_other")):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.WebhookSignature.verify_header(body, signed, secret, tolerance=None)


def ids(hooked: ProviderProcess, listener: Listener, number: int) -> list[str]:
    """The kinds of so many webhooks, as they come, each with a sound signature."""
    client = hooked.client()
    return [str(client.construct_event(*listener.received.get(timeout=5), SECRET).type) for _ in range(number)]


CREATED, AUTHORISED = "payment_intent.created", "payment_intent.amount_capturable_updated"


@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        ("twice", [CREATED, CREATED, AUTHORISED]),
        ("out_of_order", [AUTHORISED, CREATED]),
        ("never", [AUTHORISED]),
        ("late", [AUTHORISED, CREATED]),
    ],
)
def test_webhooks_go_astray_on_request(
    hooked: ProviderProcess, listener: Listener, fault: str, heard: list[str]
) -> None:
    hooked.faults({"on": "webhook", "fault": fault, "times": 1, "seconds": 0.3})
    authorise(hooked.client(), 1000)
    assert ids(hooked, listener, len(heard)) == heard


def test_a_forged_webhook_comes_before_the_true_one(hooked: ProviderProcess, listener: Listener) -> None:
    hooked.faults({"on": "webhook", "fault": "forged", "times": 1})
    listener.refuse = 1
    authorise(hooked.client(), 1000)
    with pytest.raises(stripe.SignatureVerificationError):
        hooked.client().construct_event(*listener.received.get(timeout=5), SECRET)
    assert ids(hooked, listener, 2) == [AUTHORISED, CREATED]


def test_a_webhook_may_come_before_the_answer(hooked: ProviderProcess, listener: Listener) -> None:
    hooked.faults({"on": "webhook", "fault": "early"})
    authorise(hooked.client(), 1000)
    assert listener.received.qsize() == 2
