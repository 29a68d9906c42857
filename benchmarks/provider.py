"""The provider simulator without its HTTP server: the real client and the real services, answered in this process."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe

from payments.providers import stripe as connector
from simulator.provider import Provider, Request
from simulator.store import Store

KEY = "sk_test_benchmark"


class InProcess(stripe.HTTPClient):
    """Hands each request to the simulator by a call. What it remembers lies in a file that other processes share."""

    name = "in-process"

    def __init__(self, path: str) -> None:
        super().__init__()
        self.provider = Provider(Store(path, webhooks=False), "http://simulator.invalid")

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        """One call and its answer."""
        parts = urlsplit(url)
        body = post_data.encode() if isinstance(post_data, str) else post_data or b""
        named = {name.lower(): value for name, value in (headers or {}).items()}
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        answer = self.provider.answer(Request(method.upper(), target, named, body))
        return answer.body, answer.status, answer.headers

    def close(self) -> None:
        """Nothing is open."""


def answer_in_process(path: str) -> None:
    """From now on this process's payments are answered here."""
    client = stripe.StripeClient(KEY, max_network_retries=0, http_client=InProcess(path))
    connector.client = lambda: client
