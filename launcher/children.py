"""Processes that live and die with us: each in its own group, started again with back-off when it dies."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Any

from launcher import places, processes
from launcher.trouble import Trouble

GRACE_SECONDS = 5
STEADY_SECONDS = 60  # one that lived so long starts again without delay
LONGEST_PAUSE = 30
EARLY_DEATHS = 4  # before it was ever ready: the fault is not a passing one
TAIL = 15


def end_on_signals() -> None:
    """TERM and Ctrl-C leave by the ordinary way out, so that everything is stopped; a second one changes nothing."""

    def leave(number: int, frame: FrameType | None) -> None:
        for known in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(known, signal.SIG_IGN)
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, leave)


def spawn(
    command: Sequence[str], variables: Mapping[str, str], output: IO[Any] | None = None, *, own_group: bool = True
) -> subprocess.Popen[bytes]:
    """Starts a process that ends when we do. In our own group, it may use the terminal."""
    return subprocess.Popen(
        command,
        cwd=places.REPOSITORY,
        env=os.environ | variables,
        stdin=subprocess.DEVNULL if own_group else None,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        process_group=0 if own_group else None,
        preexec_fn=processes.die_with_parent(os.getpid()),
    )


def run(command: Sequence[str], variables: Mapping[str, str], *, own_group: bool = True) -> int:
    """Runs a command in the foreground and returns its exit code; it is ended when we are."""
    process = spawn(command, variables, own_group=own_group)
    try:
        return process.wait()
    finally:
        end([process])


def end(group_leaders: Sequence[subprocess.Popen[bytes]]) -> None:
    """TERM to each group, 5 s, then KILL for what is left of it."""
    for process in group_leaders:
        if process.poll() is None:
            process.terminate()
        _signal(process, signal.SIGTERM)
    processes.wait_until(lambda: all(process.poll() is not None for process in group_leaders), GRACE_SECONDS)
    for process in group_leaders:
        _signal(process, signal.SIGKILL)
        process.kill()
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


@dataclass
class Child:
    """One supervised process. `answers` says whether it does its work yet."""

    name: str
    command: Sequence[str]
    answers: Callable[[], bool]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started: float = field(default=0.0, init=False)
    again_at: float | None = field(default=None, init=False)
    deaths: int = field(default=0, init=False)
    was_ready: bool = field(default=False, init=False)

    def start(self, variables: Mapping[str, str]) -> None:
        with open(self.log, "ab") as output:
            self.process = spawn(self.command, variables, output)
        self.started, self.again_at = time.monotonic(), None

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-TAIL:])


class Supervisor:
    """Keeps children running until it is left."""

    def __init__(self, children: Sequence[Child], variables: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.children = children
        self.variables = variables
        self.say = say

    def __enter__(self) -> "Supervisor":
        for child in self.children:
            child.log.unlink(missing_ok=True)
            child.start(self.variables)
        return self

    def __exit__(self, *_: object) -> None:
        end([child.process for child in self.children if child.process])

    def wait_for_all(self, seconds: float) -> None:
        """Returns when each child has answered once."""
        end_of_patience = time.monotonic() + seconds
        while waiting := [child for child in self.children if not child.was_ready]:
            if time.monotonic() > end_of_patience:
                raise Trouble(f"{waiting[0].name} does not answer after {seconds:.0f} s:\n{waiting[0].last_words()}")
            self.look_after()
            for child in waiting:
                child.was_ready = child.again_at is None and child.answers()
            time.sleep(0.05)

    def watch(self, revive: Callable[[], list[str]] = list) -> None:
        """Looks after the children, and the servers below them, until a signal ends us."""
        while True:
            self.look_after()
            for name in revive():
                self.say(f"{name} had died; it runs again.")
            time.sleep(0.5)

    def look_after(self) -> None:
        """One round: notes who died, starts again whose pause is over."""
        for child in self.children:
            if child.again_at is not None and time.monotonic() >= child.again_at:
                child.start(self.variables)
            elif child.again_at is None and child.process and child.process.poll() is not None:
                self._plan_restart(child, child.process.returncode)

    def _plan_restart(self, child: Child, code: int) -> None:
        child.deaths = 1 if time.monotonic() - child.started > STEADY_SECONDS else child.deaths + 1
        if not child.was_ready and child.deaths >= EARLY_DEATHS:
            raise Trouble(f"{child.name} does not start:\n{child.last_words()}")
        pause = min(2.0 ** (child.deaths - 1), LONGEST_PAUSE)
        child.again_at = time.monotonic() + pause
        ended = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        self.say(f"{child.name} {ended}; it starts again in {pause:.0f} s. Its last words:\n{child.last_words()}")
