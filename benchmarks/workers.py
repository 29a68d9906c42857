"""Real processes that do the same thing at the same time, each with a connection of its own."""

import contextlib
import importlib
import multiprocessing
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import IO, Any

import django

from oms.collector import spare_the_collector

CORES = len(os.sched_getaffinity(0))
START_SECONDS = 120
PATIENCE = 900
"""Seconds that a turn may take longer than it was asked for, on the slowest machine."""
READY = "ready"
MOST_TOLD = 2_000
Turn = Callable[[], int]
"""Does a piece of work, such as one call, and returns how many orders it has brought forward."""


class Crew:
    """`count` processes that make a turn each by `maker(index, **options)`, named `module:function`."""

    def __init__(self, maker: str, count: int = CORES, **options: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self.members: list[tuple[Any, Connection]] = []
        for index in range(count):
            ours, theirs = context.Pipe()
            member = context.Process(target=_live, args=(theirs, maker, index, options), daemon=True)
            member.start()
            theirs.close()
            self.members.append((member, ours))
        for _, line in self.members:
            _hear(line, START_SECONDS)

    def run(self, seconds: float = 0, *, turns: int = 0) -> tuple[int, float]:
        """Let all work for that long, or for that many turns each; orders done and orders a second."""
        for _, line in self.members:
            line.send((seconds, turns))
        heard = [_hear(line, seconds + PATIENCE) for _, line in self.members]
        return sum(done for done, _ in heard), sum(done / took for done, took in heard)

    def rate(self, seconds: float) -> float:
        """Orders a second."""
        return self.run(seconds)[1]

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for member, line in self.members:
            line.close()
            member.join(10)
            if member.is_alive():
                member.terminate()


def _hear(line: Connection, seconds: float) -> Any:
    if not line.poll(seconds):
        raise TimeoutError("A process of the benchmark does not answer.")
    heard = line.recv()
    if isinstance(heard, str) and heard != READY:
        raise RuntimeError(f"A process of the benchmark failed:\n{heard}")
    return heard


def _live(line: Connection, maker: str, index: int, options: dict[str, Any]) -> None:
    log = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process lives
    os.dup2(log.fileno(), sys.stderr.fileno())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")
    django.setup()
    module, _, function = maker.partition(":")
    turn: Turn = getattr(importlib.import_module(module), function)(index, **options)
    spare_the_collector()
    line.send(READY)
    with contextlib.suppress(EOFError):
        while True:
            seconds, turns = line.recv()
            try:
                line.send(_work(turn, seconds, turns))
            except Exception:
                line.send(traceback.format_exc() + _tail(log))
                return


def _tail(log: IO[bytes]) -> str:
    """The end of what the process has logged."""
    log.seek(max(0, log.tell() - MOST_TOLD))
    return log.read().decode(errors="replace")


def _work(turn: Turn, seconds: float, turns: int) -> tuple[int, float]:
    done, made, start = 0, 0, time.monotonic()
    while made < turns if turns else time.monotonic() - start < seconds:
        done += turn()
        made += 1
    return done, time.monotonic() - start
