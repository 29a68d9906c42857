"""The whole system as processes, with a broker of its own that may be emptied and killed."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import redis

from launcher import demo, places, ports, processes, software, valkey
from launcher.children import Child, Supervisor
from launcher.places import Place
from tests.factories.provider import KEY

SECRET = "whsec_storm"
READY_SECONDS = 120


@dataclass
class Broker:
    """A private server of the Redis protocol."""

    place: Place
    port: int

    @property
    def url(self) -> str:
        """Its address for applications."""
        return valkey.url(self.place, self.port)

    def flush(self) -> None:
        """Everything in it is gone."""
        with contextlib.suppress(redis.RedisError):
            redis.Redis.from_url(self.url).flushall()

    def kill(self) -> None:
        """It is gone itself, at once."""
        pid = int((self.place.valkey / "valkey.pid").read_text())
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        processes.wait_until(lambda: processes.start_time(pid) is None, 10)

    def start_again(self) -> None:
        """On the same port, empty."""
        program = software.install(self.place).valkey_server
        command = [str(program), str(self.place.valkey / "valkey.conf")]
        identity = places.identity(places.owner())
        subprocess.run(
            command, cwd=self.place.valkey, env={"PATH": os.defpath}, capture_output=True, umask=0o077, **identity
        )
        assert processes.wait_until(lambda: valkey.running(self.place), 15)


@contextlib.contextmanager
def broker() -> Iterator[Broker]:
    """For the time of a block."""
    place = places.prepare(f"storm-{os.getpid()}")
    try:
        yield Broker(place, valkey.start(place, software.install(place)))
    finally:
        valkey.stop(place)
        shutil.rmtree(place.root)


@dataclass
class System:
    """Its processes, watched over, and where they are."""

    supervisor: Supervisor
    variables: Mapping[str, str]
    broker: Broker
    folder: Path

    def child(self, name: str) -> Child:
        """One of the processes."""
        return next(child for child in self.supervisor.children if child.name == name)

    @property
    def workers(self) -> list[Child]:
        """Those that do work from queues."""
        return [child for child in self.supervisor.children if "worker" in child.name]


@contextlib.contextmanager
def running(folder: Path, database_url: str, *, app: str, seed: int, patience: float) -> Iterator[System]:
    """Web, workers, beat, provider and the people on the floor, all on one database."""
    with broker() as private:
        web = ports.free_port()
        variables = {
            "DATABASE_URL": database_url,
            "REDIS_URL": private.url,
            "WEB_URL": f"http://127.0.0.1:{web}",
            "PORT": str(web),
            "PROVIDER_URL": f"http://127.0.0.1:{ports.free_port()}",
            "PROVIDER_KEY": KEY,
            "PROVIDER_TIMEOUT": "2",
            "PROVIDER_WEBHOOK_SECRET": SECRET,
            "STORM_PATIENCE": str(patience),
            "OMS_LOG_LEVEL": "INFO",
        }
        children = [_under(app, child) for child in demo.parts(folder, variables)] + [_floor(folder, seed)]
        with Supervisor(children, variables, _quietly(folder)) as supervisor:
            supervisor.wait_for_all(READY_SECONDS)
            yield System(supervisor, variables, private, folder)


def _under(app: str, child: Child) -> Child:
    """The same process, of another Celery application."""
    command = list(child.command)
    if "-A" in command:
        command[command.index("-A") + 1] = app
    return Child(child.name, command, child.answers, child.log)


def _floor(folder: Path, seed: int) -> Child:
    log = folder / "logs" / "floor.log"
    command = [sys.executable, "-m", "tests.storm.floor", str(seed)]
    return Child("floor", command, lambda: "ready" in log.read_text(), log)


def _quietly(folder: Path) -> Callable[[str], None]:
    """Deaths are written down beside the logs; there are many."""

    def say(words: str) -> None:
        with open(folder / "logs" / "deaths.log", "a") as file:
            file.write(f"{words}\n")

    return say
