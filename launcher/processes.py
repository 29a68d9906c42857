"""Facts about processes, read from /proc: who lives, since when, and whose command line names what."""

import ctypes
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

PROC = Path("/proc")
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def start_time(pid: int) -> int | None:
    """Clock ticks from boot to the start of a living process; None for a dead one and for a zombie."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def command_line(pid: int) -> str:
    """The words of the command, joined by spaces; empty when the process is gone."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def names(pid: int, text: str) -> bool:
    """Whether the process lives and its command line names the text."""
    return start_time(pid) is not None and text in command_line(pid)


def inhabitants(folder: Path, program: str) -> list[int]:
    """Living processes of the program that work in the folder; all those of a PostgreSQL server work in its data folder."""
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit() and _works_in(entry, folder, program)]


def _works_in(entry: Path, folder: Path, program: str) -> bool:
    try:
        is_it = (entry / "comm").read_text().strip() == program and os.readlink(entry / "cwd") == str(folder)
    except OSError:
        return False
    return is_it and start_time(int(entry.name)) is not None


def wait_until(happened: Callable[[], object], seconds: float) -> bool:
    """Asks every 20 ms; False when the time is over."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def die_with_parent(parent: int) -> Callable[[], None]:
    """For `preexec_fn`: the kernel sends TERM to the child when the parent dies, however it dies."""

    def prepare() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
