"""The payment provider's simulator without a network between: the same answers, the same faults, in no time."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe

from simulator.faults import Faults
from simulator.front import Front
from simulator.hosted import Hosted
from simulator.provider import Provider, Request, operations
from simulator.store import Store
from simulator.webhooks import signature

ADDRESS = "http://bank.example"
SECRET = "whsec_bank"


class Bank(stripe.HTTPClient):
    """What the real client talks to in the place of a network."""

    name = "bank"

    def __init__(self) -> None:
        super().__init__()
        self.store = Store(":memory:", webhooks=True)
        self.faults = Faults(operations())
        self._front = Front(
            Provider(self.store, ADDRESS), Hosted(self.store, ADDRESS), self.faults, self.store, send_now=lambda: None
        )

    def client(self) -> stripe.StripeClient:
        """The real client with this in the place of its network."""
        return stripe.StripeClient(
            "sk_test_bank", base_addresses={"api": ADDRESS}, max_network_retries=0, http_client=self
        )

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        """One call and its answer; a cut line is told as the real client tells it."""
        body = post_data if isinstance(post_data, bytes) else str(post_data or "").encode()
        target = urlsplit(url)._replace(scheme="", netloc="").geturl()
        known = {name.lower(): value for name, value in (headers or {}).items()}
        answer = self._front.answer(Request(method.upper(), target, known, body))
        if answer is None:
            raise stripe.APIConnectionError("The line was cut.")
        return answer.body, answer.status, answer.headers

    def visit(self, url: str) -> None:
        """The customer authenticates at the bank's page."""
        self._front.answer(Request("POST", urlsplit(url).path, {}, b"result=pass"))

    def close(self) -> None:
        """Nothing to close: every call is over when it returns."""

    def err(self, on: str, fault: str, times: int) -> None:
        """The next calls of a kind go wrong."""
        self.faults.put([{"on": on, "fault": fault, "times": times, "seconds": 0}])

    def recover(self) -> None:
        """No more faults."""
        self.faults.put([])

    def webhooks(self) -> list[tuple[int, bytes]]:
        """What is to be sent, oldest first."""
        return [(number, body.encode()) for number, body, _ in self.store.due(limit=500)]

    def sent(self, number: int) -> None:
        """It need not be sent again."""
        self.store.delivered(number)


def signed(body: bytes, at: int) -> str:
    """The header that the bank sends with a webhook."""
    return signature(SECRET, body.decode(), at=at)
