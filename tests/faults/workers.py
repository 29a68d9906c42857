"""What drills of workers stand on: a broker of their own, workers that can be killed, and a clock that ticks for them."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import cycle

import redis
from celery import Celery
from kombu.exceptions import KombuError

from core.models import Delivery, Event
from launcher import places, processes, software, valkey
from launcher.places import REPOSITORY, Place

PATIENCE = 30
QUEUES = "relay,work,providers,mail,jobs"


@dataclass
class Broker:
    """A private server of the Redis protocol, which nobody else misses."""

    place: Place
    port: int = 0

    def start(self) -> None:
        """Empty, and on the same port as before."""
        self.port = valkey.start(self.place, software.install(self.place))

    def stop(self) -> None:
        """With all that was in it."""
        valkey.stop(self.place)
        assert processes.wait_until(lambda: not valkey.running(self.place), PATIENCE)

    @property
    def url(self) -> str:
        return valkey.url(self.place, self.port)

    def flush(self) -> None:
        """Nothing is in it any more."""
        self._server.flushall()

    def allow(self, memory: str) -> None:
        """It refuses to hold more than that."""
        self._server.config_set("maxmemory", memory)

    def length(self, queue: str) -> int:
        """Messages that wait in a queue."""
        return int(self._server.llen(queue))

    def ask(self, queue: str, task: str) -> None:
        """Put a task into a queue, unless one still waits there or the broker is away."""
        with suppress(redis.RedisError, KombuError, OSError):
            if not self.length(queue):
                self._asker.send_task(task, queue=queue, expires=5, retry=False)

    @cached_property
    def _server(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=2)

    @cached_property
    def _asker(self) -> Celery:
        return Celery(broker=self.url, set_as_current=False)


@contextmanager
def own_broker() -> Iterator[Broker]:
    """For the time of a block."""
    broker = Broker(places.prepare(f"drill-{os.getpid()}"))
    try:
        broker.start()
        yield broker
    finally:
        valkey.stop(broker.place)
        shutil.rmtree(broker.place.root)


@dataclass
class Worker:
    """A Celery worker of real processes, one life after the other."""

    variables: dict[str, str]
    pid: int = 0
    _nursery: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(self, *, point: str = "", protection: str = "", pool: str = "solo", queues: str = QUEUES) -> None:
        """Live until killed, by itself at the point if one is named."""
        if self._nursery is None:
            self._nursery = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.mortal"],
                cwd=REPOSITORY, env=os.environ | self.variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                bufsize=0, preexec_fn=processes.die_with_parent(os.getpid()),
            )  # fmt: skip
        assert self._nursery.stdin
        life = {"queues": queues, "pool": pool, "point": point, "protection": protection}
        self._nursery.stdin.write(json.dumps(life).encode() + b"\n")
        self.pid = int(self._answer())

    def died(self) -> int | None:
        """How it ended, as subprocess tells it; None while it lives."""
        assert self._nursery and self._nursery.stdout
        readable, _, _ = select.select([self._nursery.stdout], [], [], 0)
        return int(self._answer()) if readable else None

    def kill(self) -> None:
        """Now, wherever it is."""
        os.kill(self.pid, signal.SIGKILL)
        assert int(self._answer()) == -signal.SIGKILL

    def close(self) -> None:
        """The end of the drill."""
        if self._nursery is None:
            return
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._nursery.kill()
        self._nursery.communicate()

    def _answer(self) -> str:
        assert self._nursery and self._nursery.stdout
        return self._nursery.stdout.readline().decode()


@dataclass
class Clock:
    """In the place of Celery's beat, without its seconds: while somebody waits it asks for what beat asks for."""

    broker: Broker
    next_tick: float = 0
    jobs: Iterator[str] = field(default_factory=lambda: cycle(("core.run_jobs", "inventory.apply_levels")))

    def wait_for(self, happened: Callable[[], object], seconds: float = PATIENCE) -> bool:
        """Whether it happened in time, while the clock ticked."""

        def ticked() -> object:
            self.tick()
            return happened()

        return processes.wait_until(ticked, seconds)

    def tick(self) -> None:
        """One request of each kind, ten times a second."""
        if time.monotonic() >= self.next_tick:
            self.next_tick = time.monotonic() + 0.1
            self.broker.ask("relay", "core.relay")
            self.broker.ask("mail", "notifications.send_waiting")
            self.broker.ask("jobs", next(self.jobs))


def all_done() -> bool:
    """Nothing is owed to anybody."""
    waits = Delivery.objects.filter(done_at=None).exists() or Event.objects.filter(dispatched_at=None).exists()
    return not waits
