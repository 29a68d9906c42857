"""What goes wrong: one thing after another, chosen by a seed, until it clears up."""

import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import httpx

from core.db import rows
from tests.factories.provider import KEY
from tests.storm.system import System

TERMINATE = """
SELECT pg_terminate_backend(pid) FROM (
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    ORDER BY random() LIMIT %(most)s) AS others
"""


PROVIDER: tuple[dict[str, object], ...] = (
    {"on": "*", "fault": "500", "chance": 0.02},
    {"on": "*", "fault": "500_after", "chance": 0.03},
    {"on": "*", "fault": "cut", "chance": 0.02},
    {"on": "*", "fault": "cut_after", "chance": 0.03},
    {"on": "*", "fault": "429", "chance": 0.01},
    {"on": "*", "fault": "delay", "chance": 0.02, "seconds": 0.5},
    {"on": "*", "fault": "timeout", "chance": 0.002, "seconds": 3},
    {"on": "*", "fault": "timeout_after", "chance": 0.004, "seconds": 3},
    {"on": "create", "fault": "requires_action", "chance": 0.01},
    {"on": "webhook", "fault": "early", "chance": 0.05},
    {"on": "webhook", "fault": "twice", "chance": 0.1},
    {"on": "webhook", "fault": "out_of_order", "chance": 0.1},
    {"on": "webhook", "fault": "late", "chance": 0.05, "seconds": 4},
    {"on": "webhook", "fault": "forged", "chance": 0.05},
    {"on": "webhook", "fault": "never", "chance": 0.3},
)
"""How the provider errs while it storms. It tells nothing false: what it declines stays declined."""


class Weather:
    """Storms over a system: `blow` at each look, `clear_up` at the end."""

    def __init__(self, system: System, *, seed: int, pause: float) -> None:
        self.happened: Counter[str] = Counter()
        self._system, self._chance, self._pause = system, Random(f"{seed}-weather"), pause
        self._next = time.monotonic() + pause
        self._let_the_provider_err()
        self._broker_back_at: float | None = None
        self._kinds: dict[Callable[[], None], int] = {
            self._kill_a_pool_process: 5,
            self._kill_a_worker: 1,
            self._kill_web: 1,
            self._kill_the_provider: 1,
            self._let_the_provider_err: 3,
            self._cut_connections: 4,
            self._empty_the_broker: 3,
            self._kill_the_broker: 1,
        }

    def blow(self) -> None:
        """The next fault, when it is time for one."""
        now = time.monotonic()
        if self._broker_back_at and now >= self._broker_back_at:
            self._broker_back_at = None
            self._system.broker.start_again()
        if now < self._next:
            return
        self._next = now + self._pause * self._chance.uniform(0.3, 1.7)
        (fault,) = self._chance.choices(list(self._kinds), list(self._kinds.values()))
        self.happened[fault.__name__.strip("_").replace("_", " ")] += 1
        fault()

    def clear_up(self) -> None:
        """No more faults; what is away comes back."""
        self._provider_errs_by(())
        if self._broker_back_at:
            self._broker_back_at = None
            self._system.broker.start_again()

    def _kill_a_pool_process(self) -> None:
        worker = self._chance.choice(self._system.workers)
        if worker.process and (pids := children_of(worker.process.pid)):
            _kill(self._chance.choice(pids))

    def _kill_a_worker(self) -> None:
        self._kill_child(self._chance.choice(self._system.workers).name)

    def _kill_web(self) -> None:
        web = self._system.child("web").process
        if web and (pids := children_of(web.pid)):
            _kill(self._chance.choice(pids))

    def _kill_the_provider(self) -> None:
        self._kill_child("simulator")

    def _let_the_provider_err(self) -> None:
        self._provider_errs_by(PROVIDER)

    def _provider_errs_by(self, rules: Sequence[object]) -> None:
        """Tell it; one that is just away comes back without any faults."""
        document = {"seed": self._chance.random(), "rules": list(rules)}
        headers = {"Authorization": f"Bearer {KEY}"}
        with contextlib.suppress(httpx.TransportError):
            httpx.post(f"{self._system.variables['PROVIDER_URL']}/_faults", json=document, headers=headers)

    def _kill_child(self, name: str) -> None:
        process = self._system.child(name).process
        if process and process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def _cut_connections(self) -> None:
        rows(TERMINATE, {"most": self._chance.randint(1, 6)})

    def _empty_the_broker(self) -> None:
        if not self._broker_back_at:
            self._system.broker.flush()

    def _kill_the_broker(self) -> None:
        if not self._broker_back_at:
            self._system.broker.kill()
            self._broker_back_at = time.monotonic() + self._chance.uniform(0.5, 3)


def children_of(pid: int) -> list[int]:
    """The processes that a process has started, oldest first."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "stat").read_text().rpartition(")")[2].split()[1] == str(pid):
                    found.append(int(entry.name))
    return sorted(found)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
