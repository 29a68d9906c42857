"""Signed webhooks, sent in the background until they are accepted or given up."""

import hashlib
import hmac
import http.client
import json
import logging
import threading
import time
from urllib.parse import urlsplit

from simulator.faults import WEBHOOK_FAULTS, Faults
from simulator.store import Store

log = logging.getLogger("simulator.webhooks")
_PAUSES = (1, 5, 30, 120, 600)


def signature(secret: str, body: str, *, at: int) -> str:
    """The `Stripe-Signature` header. Source: docs.stripe.com/webhooks#verify-manually."""
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Sender(threading.Thread):
    """Sends what the store has queued, oldest first; a failure is tried again after a growing pause."""

    def __init__(
        self, store: Store, url: str, secret: str, faults: Faults, *, pauses: tuple[float, ...] = _PAUSES
    ) -> None:
        super().__init__(daemon=True, name="webhooks")
        self._store, self._url, self._secret, self._faults, self._pauses = store, url, secret, faults, pauses
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._pass = threading.Lock()
        self._held: list[int] = []

    def notify(self) -> None:
        """There may be something to send."""
        self._wake.set()

    def stop(self) -> None:
        """End after the webhook that is on its way."""
        self._stopped.set()
        self._wake.set()

    def run(self) -> None:
        """Until stopped: send what is due, then sleep until the next is."""
        while not self._stopped.is_set():
            self._wake.clear()
            self.send_due()
            self._rest()

    def send_due(self) -> None:
        """Send all that is due, in the caller's thread."""
        with self._pass:
            for id, body, attempts in self._store.due():
                if self._stopped.is_set():
                    return
                self._deliver(id, body, attempts)

    def _rest(self) -> None:
        due = self._store.next_due()
        self._wake.wait(None if due is None else max(0.0, due - time.time()))

    def _deliver(self, id: int, body: str, attempts: int) -> None:
        """A fault strikes a webhook's first attempt only."""
        rule = self._faults.draw("webhook", WEBHOOK_FAULTS.keys() - {"early"}) if not attempts else None
        fault = rule.fault if rule else ""
        if fault == "never":
            self._store.delivered(id)
        elif rule and fault in ("late", "out_of_order"):
            self._store.postpone(id, rule.seconds)
            self._held += [id] * (fault == "out_of_order")
        else:
            self._send(id, body, attempts, fault)

    def _send(self, id: int, body: str, attempts: int, fault: str) -> None:
        accepted = self._accepted(body, "whsec_forged" if fault == "forged" else self._secret)
        if fault == "twice":
            self._accepted(body, self._secret)
        if accepted or attempts >= len(self._pauses):
            self._store.delivered(id)
        else:
            self._store.postpone(id, self._pauses[attempts])
        self._let_go()

    def _let_go(self) -> None:
        """What was held back until another webhook had gone out may follow it now."""
        for held in self._held:
            self._store.postpone(held, 0)
        if self._held:
            self._held.clear()
            self._wake.set()

    def _accepted(self, body: str, secret: str) -> bool:
        try:
            status = self._post(body, secret)
        except (OSError, http.client.HTTPException) as error:
            log.info("webhook %s not delivered: %s", json.loads(body)["id"], error)
            return False
        return 200 <= status < 300

    def _post(self, body: str, secret: str) -> int:
        target = urlsplit(self._url)
        kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
        connection = kind(target.hostname or "", target.port, timeout=5)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0",
            "Stripe-Signature": signature(secret, body, at=int(time.time())),
        }
        try:
            path = f"{target.path or '/'}?{target.query}".rstrip("?")
            connection.request("POST", path, body.encode(), headers)
            return connection.getresponse().status
        finally:
            connection.close()
