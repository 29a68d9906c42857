"""What stands before every call to a provider: a breaker, so that a dead one costs little, and a clock.

A provider that hangs takes a worker's time for as long as its time-out. After a few calls in a row without an answer
nobody is asked for a while; then one call tries, and the first answer lets all others through again.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TypeVar
from uuid import UUID

from django.conf import settings

from payments.providers.base import (
    Ask,
    Authorisation,
    Intent,
    NoAnswerError,
    Outcome,
    Provider,
    Snapshot,
    Unknown,
)

logger = logging.getLogger(__name__)

MOST_MISSED = 8
"""Calls in a row without an answer before nobody is asked any more: as many as are under way at once."""

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 30.0
"""Seconds for which nobody is asked; the pause doubles as long as the trial calls fail too."""

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was made: what for, how long it took in seconds, and what came of it in one word."""

    provider: str
    operation: str
    seconds: float
    outcome: str


observers: list[Callable[[Call], None]] = []
"""Who is told of every call, after it; a metric, for instance."""


@dataclass
class Breaker:
    """Counts answers that did not come. Closed it lets everybody through, open nobody but one call per pause."""

    clock: Callable[[], float] = time.monotonic
    missed: int = 0
    pause: float = FIRST_PAUSE
    opens_at: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def admits(self) -> bool:
        """Whether a call may be made now."""
        with self._lock:
            if self.missed < MOST_MISSED:
                return True
            if self.clock() < self.opens_at:
                return False
            self._wait()  # this one tries; the others wait for what it hears
            return True

    def heard(self) -> None:
        """An answer came."""
        with self._lock:
            self.missed, self.pause = 0, FIRST_PAUSE

    def unheard(self) -> None:
        """No answer came."""
        with self._lock:
            self.missed += 1
            if self.missed == MOST_MISSED:
                self._wait()

    def _wait(self) -> None:
        self.opens_at = self.clock() + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)


class Guarded:
    """A provider behind its breaker: one per address, so that another provider starts without a past."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.name, self.online = provider.name, provider.online
        self._breakers: dict[str, Breaker] = {}

    @property
    def breaker(self) -> Breaker:
        """The breaker of the address that is configured now."""
        return self._breakers.setdefault(settings.PROVIDER_URL, Breaker())

    def authorise(self, intent: Intent) -> Authorisation:
        """As Provider."""
        return self._answered("authorise", lambda: self._provider.authorise(intent))

    def capture(self, ask: Ask) -> Outcome:
        """As Provider."""
        return self._answered("capture", lambda: self._provider.capture(ask))

    def void(self, ask: Ask) -> Outcome:
        """As Provider."""
        return self._answered("void", lambda: self._provider.void(ask))

    def refund(self, ask: Ask) -> Outcome:
        """As Provider."""
        return self._answered("refund", lambda: self._provider.refund(ask))

    def was_done(self, action: str, ask: Ask) -> bool:
        """As Provider."""
        return self._heard("was_done", lambda: self._provider.was_done(action, ask))

    def lookup(self, reference: str) -> Snapshot | None:
        """As Provider."""
        return self._heard("lookup", lambda: self._provider.lookup(reference))

    def find(self, payment_id: UUID) -> list[Snapshot]:
        """As Provider."""
        return self._heard("find", lambda: self._provider.find(payment_id))

    def everything(self, since: datetime) -> Iterator[Snapshot]:
        """As Provider; not held back, as only the nightly comparison asks for it, once."""
        return self._provider.everything(since)

    def _answered(self, operation: str, call: Callable[[], R]) -> R | Unknown:
        try:
            return self._heard(operation, call)
        except NoAnswerError as error:
            return Unknown(str(error))

    def _heard(self, operation: str, call: Callable[[], R]) -> R:
        breaker = self.breaker
        if not breaker.admits():
            raise NoAnswerError("The provider does not answer at present; it is asked again later.")
        with _timed(self.name, operation) as said:
            try:
                answer = call()
            except Exception:
                breaker.unheard()
                raise
            if isinstance(answer, Unknown):
                breaker.unheard()
            else:
                breaker.heard()
            said.append(type(answer).__name__.lower() if operation in _OUTCOMES else "answered")
        return answer


_OUTCOMES = ("authorise", "capture", "void", "refund")


@contextmanager
def _timed(provider: str, operation: str) -> Iterator[list[str]]:
    """Tells the observers how long the block took; it puts what came of it into the list, else there was no answer."""
    said: list[str] = []
    started = time.monotonic()
    try:
        yield said
    finally:
        call = Call(provider, operation, time.monotonic() - started, said[0] if said else "no_answer")
        logger.info("%s %s: %s after %.3f s", call.provider, call.operation, call.outcome, call.seconds)
        for observe in observers:
            observe(call)
