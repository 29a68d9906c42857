"""The HTTP side: threads, kept-open connections, every answer in one write."""

import http.client
import logging
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from simulator.provider import Answer, Request

log = logging.getLogger("simulator")
_LARGEST_BODY = 1 << 20
Answers = Callable[[Request], Answer | None]


class Server(ThreadingHTTPServer):
    """Serves whatever answers Requests; where there is no answer, the connection is cut."""

    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], answers: Answers) -> None:
        self.answers = answers
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no fault of ours."""
        log.debug("connection with %s ended", client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120
    server: Server

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def _handle(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            self._send(Answer(413, '{"error": {"type": "invalid_request_error", "message": "Body too large."}}'))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(int(length)))
        answer: Answer | None
        try:
            answer = self.server.answers(request)
        except Exception:
            log.exception("%s %s failed", self.command, self.path)
            answer = Answer(500, '{"error": {"type": "api_error", "message": "The simulator failed: see its log."}}')
        if answer is None:
            self.close_connection = True
            return
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        body = answer.body.encode()
        reason = http.client.responses.get(answer.status, "")
        head = {"Content-Type": answer.content_type, "Content-Length": str(len(body)), **answer.headers}
        if self.close_connection:
            head["Connection"] = "close"
        lines = [f"HTTP/1.1 {answer.status} {reason}", *(f"{name}: {value}" for name, value in head.items())]
        data = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)
