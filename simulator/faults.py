"""Faults on request: which operation is struck, how, how often. The same seed strikes the same calls.

A rule is `{"on": "capture", "fault": "timeout_after", "times": 1, "chance": 1.0, "skip": 0, "seconds": 30}`; only `on`
and `fault` are needed. `on` may be `*`: every call of the API. A call is struck by the first rule that applies.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

CALL_FAULTS = {
    "delay": "answered after `seconds`",
    "decline": "the customer's bank says no, also to a capture or refund",
    "requires_action": "the customer's bank wants to be asked by the customer",
    "429": "too many requests; nothing done",
    "500": "the provider failed; nothing done",
    "500_kept": "the provider failed; nothing done, and the same key gets the same answer, as Stripe has it",
    "500_after": "the provider failed after it was done",
    "cut": "connection cut; nothing done",
    "cut_after": "connection cut after it was done",
    "timeout": "silence for `seconds`, then cut; nothing done",
    "timeout_after": "done, then silence for `seconds`, then cut",
}
WEBHOOK_FAULTS = {
    "twice": "sent twice",
    "late": "sent after `seconds`",
    "out_of_order": "sent after the one that follows it, at the latest after `seconds`",
    "forged": "sent with another's signature first, then by its own",
    "never": "not sent",
    "early": "sent before the call that caused it is answered",
}
_SECONDS = {"delay": 1.0, "late": 5.0, "out_of_order": 2.0}
_LONGEST = 3600.0


class WrongRuleError(Exception):
    """A rule that cannot be meant, in words."""


@dataclass
class Rule:
    """One rule, and how often it has struck."""

    on: str
    fault: str
    times: int | None = None
    chance: float = 1.0
    skip: int = 0
    seconds: float = 30.0
    random: Random = field(default_factory=Random)
    met: int = 0
    struck: int = 0

    def strikes(self) -> bool:
        """Whether the call that has just come is struck."""
        if self.times is not None and self.struck >= self.times:
            return False
        self.met += 1
        # The die is thrown for every call, so that which ones are struck depends on the seed and their number alone.
        hit = self.random.random() < self.chance and self.met > self.skip
        self.struck += hit
        return hit


class Faults:
    """The rules in force, what they struck, and how often each operation was asked for."""

    def __init__(self, operations: Iterable[str]) -> None:
        self._operations = (*operations, "webhook", "*")
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._over = threading.Event()
        self.calls: Counter[str] = Counter()

    def put(self, document: Any) -> None:
        """Replace all rules by those of `{"seed": 1, "rules": […]}` or of a bare list. Raises WrongRuleError."""
        body = {"rules": document} if isinstance(document, list) else document
        if not isinstance(body, dict) or not isinstance(body.get("rules"), list):
            raise WrongRuleError("Send a list of rules, or an object with `rules` and a `seed`.")
        seed = body.get("seed", 0)
        rules = [self._rule(one, f"{seed}:{number}") for number, one in enumerate(body["rules"])]
        with self._lock:
            self._rules = rules
            self._over.set()
            self._over = threading.Event()

    def draw(self, operation: str, among: Iterable[str]) -> Rule | None:
        """The rule that strikes this call, if one does; only those whose fault is `among` are asked."""
        with self._lock:
            for rule in self._rules:
                meant = rule.on == operation or (rule.on == "*" and operation != "webhook")
                if meant and rule.fault in among and rule.strikes():
                    return rule
        return None

    def count(self, operation: str) -> None:
        """An operation was asked for."""
        with self._lock:
            self.calls[operation] += 1

    def wait(self, seconds: float) -> None:
        """Let time pass; new rules end the waiting."""
        self._over.wait(seconds)

    def told(self) -> list[dict[str, Any]]:
        """The rules with what they struck."""
        with self._lock:
            shown = ("on", "fault", "times", "chance", "skip", "seconds", "struck")
            return [{name: getattr(rule, name) for name in shown} for rule in self._rules]

    def _rule(self, one: Any, seed: str) -> Rule:
        if not isinstance(one, dict):
            raise WrongRuleError(f"A rule is an object, not {one!r}.")
        for name in one.keys() - {"on", "fault", "times", "chance", "skip", "seconds"}:
            raise WrongRuleError(f"A rule knows no {name!r}.")
        on, fault = one.get("on"), str(one.get("fault"))
        if on not in self._operations:
            raise WrongRuleError(f"`on` is {on!r}; it can be {', '.join(self._operations)}.")
        allowed = WEBHOOK_FAULTS if on == "webhook" else CALL_FAULTS
        if fault not in allowed:
            raise WrongRuleError(f"The fault of {on!r} is {fault!r}; it can be {', '.join(allowed)}.")
        rule = Rule(
            on,
            fault,
            times=_number(one, "times", None, int, 0, 10**9),
            chance=_number(one, "chance", 1.0, float, 0, 1),
            skip=_number(one, "skip", 0, int, 0, 10**9),
            seconds=_number(one, "seconds", _SECONDS.get(fault, 30.0), float, 0, _LONGEST),
        )
        rule.random = Random(seed)
        return rule


def _number(one: dict[str, Any], name: str, default: Any, kind: Callable[[Any], Any], least: float, most: float) -> Any:
    value = one.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise WrongRuleError(f"`{name}` is {value!r}; it must be a number from {least} to {most}.")
    return kind(value)
