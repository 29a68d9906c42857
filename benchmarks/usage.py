"""What processes take of memory and processor, read from /proc."""

import os
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Event, Thread
from types import TracebackType

PROC = Path("/proc")
KIB = 1024
MIB = 1024 * KIB
LOOK_SECONDS = 0.5


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += children.get(one, [])
    return found


def proportional(pids: Iterable[int]) -> float:
    """MiB of these processes together, pages that they share counted once (PSS)."""
    return sum(_value(PROC / str(pid) / "smaps_rollup", "Pss:") for pid in pids) / MIB


def processor_seconds(pid: int) -> float:
    """Seconds of a processor that a process has used; 0 for one on another machine."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Sampler:
    """Looks at a process with its family now and then, as long as a block lasts: `seen` in MiB."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.seen: list[float] = []
        self.over = Event()
        self.thread = Thread(target=self._look, name="memory", daemon=True)

    def __enter__(self) -> "Sampler":
        self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.over.set()
        self.thread.join()

    def _look(self) -> None:
        while True:
            self.seen.append(proportional(family(self.pid)))
            if self.over.wait(LOOK_SECONDS):
                return


def growth(samples: Sequence[float]) -> float:
    """How much was added over the second half: its last quarter's median less its first quarter's.

    Medians, because an allocator takes and gives back in steps: one sample says little.
    """
    half = samples[len(samples) // 2 :]
    quarter = max(1, len(half) // 4)
    return statistics.median(half[-quarter:]) - statistics.median(half[:quarter])


def _parent(entry: Path) -> int | None:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return None


def _value(path: Path, name: str) -> int:
    try:
        lines = path.read_text().splitlines()
    except OSError:  # it has ended
        return 0
    return next((int(line.split()[1]) * KIB for line in lines if line.startswith(name)), 0)
