"""What the world talks to: the provider with its pages, the faults that were asked for, and the ledger of what happened."""

import json
from collections.abc import Callable
from dataclasses import asdict
from urllib.parse import parse_qs, urlsplit

from simulator.errors import FAILURE, UnauthorisedError
from simulator.faults import CALL_FAULTS, Faults, Rule, WrongRuleError
from simulator.hosted import Hosted
from simulator.provider import Answer, Provider, Request, check_key, operation_of
from simulator.store import Store

CONTROL = "/_"


class Front:
    """Answers requests; None means that the connection is cut without an answer."""

    def __init__(
        self, provider: Provider, hosted: Hosted, faults: Faults, store: Store, *, send_now: Callable[[], None]
    ) -> None:
        self._provider, self._hosted, self._faults, self._store = provider, hosted, faults, store
        self._send_now = send_now

    def answer(self, request: Request) -> Answer | None:
        """One answer, as late and as wrong as the rules have it."""
        path = urlsplit(request.target).path
        if path.startswith(CONTROL):
            return self._control(request, path)
        operation = operation_of(request.method, path)
        if not operation:
            return self._hosted.answer(request) or self._provider.answer(request)
        self._faults.count(operation)
        rule = self._faults.draw(operation, CALL_FAULTS)
        before = self._before(rule)
        if not isinstance(before, str):
            return before
        answer = self._provider.answer(request, whim=before)
        if self._faults.draw("webhook", ("early",)):
            self._send_now()
        return self._after(rule, answer)

    def _before(self, rule: Rule | None) -> str | Answer | None:
        """What happens instead of the call, or a whim of the customer's bank while it is carried out."""
        fault = rule.fault if rule else ""
        if rule and fault in ("delay", "timeout"):
            self._faults.wait(rule.seconds)
        if fault in ("cut", "timeout"):
            return None
        if fault in ("429", "500"):
            return _failure(int(fault))
        return fault if fault in ("decline", "requires_action", "500_kept") else ""

    def _after(self, rule: Rule | None, answer: Answer) -> Answer | None:
        fault = rule.fault if rule else ""
        if rule and fault == "timeout_after":
            self._faults.wait(rule.seconds)
        if fault in ("cut_after", "timeout_after"):
            return None
        return _failure(500) if fault == "500_after" else answer

    def _control(self, request: Request, path: str) -> Answer:
        try:
            check_key(request)
            return self._controlled(request, path)
        except UnauthorisedError as error:
            return Answer(error.status, json.dumps(error.body))
        except (WrongRuleError, ValueError) as error:
            return Answer(400, json.dumps({"error": {"type": "invalid_request_error", "message": str(error)}}))

    def _controlled(self, request: Request, path: str) -> Answer:
        if path == "/_ledger" and request.method == "GET":
            wanted = parse_qs(urlsplit(request.target).query).get("payment", [""])[0]
            moved = [asdict(movement) for movement in self._store.movements(wanted)]
            return Answer(200, json.dumps({"movements": moved, "calls": dict(self._faults.calls)}))
        if path != "/_faults" or request.method not in ("GET", "POST", "DELETE"):
            return Answer(404, json.dumps({"error": {"message": "Known are /_faults and GET /_ledger."}}))
        if request.method != "GET":
            self._faults.put(json.loads(request.body) if request.method == "POST" else [])
        return Answer(200, json.dumps({"rules": self._faults.told()}))


def _failure(status: int) -> Answer:
    body = {"error": {"type": "rate_limit_error", "message": "Too many requests."}} if status == 429 else FAILURE
    return Answer(status, json.dumps(body))
