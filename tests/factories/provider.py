"""The provider simulator as a process of its own on a free port, for tests that talk to it over HTTP."""

import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
import stripe
from django.core.wsgi import get_wsgi_application

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk_test_simulator"


class ProviderProcess:
    """Start it, stop it, kill it, start it again on the same data."""

    def __init__(self, data: Path, *, webhook_url: str = "", webhook_secret: str = "", faults: str = "") -> None:
        self._data, self._webhook, self._faults = data, (webhook_url, webhook_secret), faults
        self._process: subprocess.Popen[str] | None = None
        self._port = 0
        self.url = ""
        self.start()

    def start(self) -> None:
        """Run until it says that it is ready; a restart takes the same port."""
        url, secret = self._webhook
        command = [sys.executable, "-m", "simulator", "--port", str(self._port), "--data", str(self._data)]
        hooks = ["--webhook-url", url, "--webhook-secret", secret] if url else []
        hooks += ["--faults", self._faults] if self._faults else []
        self._process = subprocess.Popen(
            command + hooks, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line.startswith("ready "), "the simulator did not start"
        self.url = line.split()[1]
        self._port = int(self.url.rpartition(":")[2])

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """End it and give its exit status."""
        assert self._process and self._process.stdout
        self._process.send_signal(sign)
        status = self._process.wait(timeout=10)
        self._process.stdout.close()
        return status

    def kill(self) -> None:
        """End it without warning."""
        self.stop(signal.SIGKILL)

    def faults(self, *rules: dict[str, Any], seed: int = 0) -> None:
        """From now on these faults and no others; without rules none."""
        answer = self.call("POST", "/_faults", {"seed": seed, "rules": list(rules)})
        assert answer.status_code == 200, answer.text

    def ledger(self, payment: object = "") -> list[tuple[str, int]]:
        """What really happened to a payment (or to all): kind and amount in minor units, oldest first."""
        told = self.call("GET", f"/_ledger?payment={payment}").json()["movements"]
        return [(movement["kind"], movement["amount"]) for movement in told]

    def calls(self, operation: str) -> int:
        """How often an operation was asked for since the start."""
        return int(self.call("GET", "/_ledger").json()["calls"].get(operation, 0))

    def webhooks_are_out(self) -> bool:
        """Whether every webhook was taken, or given up."""
        return self._deliveries("SELECT count(*) FROM delivery") == 0

    def webhooks_tried(self) -> int:
        """How many webhooks were refused and are to come again."""
        return self._deliveries("SELECT count(*) FROM delivery WHERE attempts > 0")

    def _deliveries(self, sql: str) -> int:
        with sqlite3.connect(self._data) as store:
            return int(store.execute(sql).fetchone()[0])

    def forget_keys(self) -> None:
        """A day goes by: no idempotency key is known any more."""
        with sqlite3.connect(self._data) as store:
            store.execute("DELETE FROM answer")

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A call to the simulator itself."""
        content = None if body is None else json.dumps(body)
        return httpx.request(method, self.url + path, content=content, headers={"Authorization": f"Bearer {KEY}"})

    def client(self, key: str = KEY) -> stripe.StripeClient:
        """The real client, pointed here by its base address alone."""
        return stripe.StripeClient(key, base_addresses={"api": self.url}, max_network_retries=0)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[str]:
    """The application over HTTP, for webhooks and for customers who come back; gives its address."""
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def soon(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something that others do has happened."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        pause.wait(0.02)


class LossyLine(ThreadingHTTPServer):
    """A line to the provider that can be cut: calls arrive, but while `is_cut` their answers are lost."""

    daemon_threads = True

    def __init__(self, url: str) -> None:
        self.target = urlsplit(url)
        self.is_cut = False
        super().__init__(("127.0.0.1", 0), _Forward)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        """End it."""
        self.shutdown()
        self.server_close()


class _Forward(BaseHTTPRequestHandler):
    server: LossyLine

    def do_GET(self) -> None:
        self._forward()

    def do_POST(self) -> None:
        self._forward()

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        target = self.server.target
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=10)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if self.server.is_cut:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
