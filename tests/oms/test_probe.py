"""The container asks itself as its proxy would."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from oms import probe


class Strict(BaseHTTPRequestHandler):
    """Answers 200 only to what a proxy in front would send."""

    def do_GET(self) -> None:
        asked = (self.path, self.headers["Host"], self.headers["X-Forwarded-Proto"])
        self.send_response(200 if asked == ("/health/", "shop.example", "https") else 400)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Strict)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_it_asks_for_the_first_host_as_over_https(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_HOSTS", "shop.example,www.shop.example")

    assert probe.ask(port=port) == 200


def test_nobody_there_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert probe.ask(port=port) == 0
