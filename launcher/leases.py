"""Who needs the servers of a place. A lease is a process id with its start time, so that a reused id is no holder.

The caller holds the lock of the place.
"""

import os

from launcher import processes
from launcher.places import Place

FILE = "leases.json"
STANDING = "standing"  # the lease of `up`, which no process holds: only `down` ends it


def own() -> str:
    """How this process is named as a holder."""
    pid = os.getpid()
    return f"{pid}:{processes.start_time(pid)}"


def take(place: Place, what: str) -> None:
    """This process needs the servers from now on."""
    place.write(FILE, alive(place) | {own(): what})


def take_standing(place: Place) -> None:
    """The servers stay up until told otherwise."""
    place.write(FILE, alive(place) | {STANDING: "up"})


def give_back(place: Place) -> None:
    """This process needs the servers no more."""
    place.write(FILE, {holder: what for holder, what in alive(place).items() if holder != own()})


def clear(place: Place) -> None:
    """Nobody's wishes count any more."""
    place.write(FILE, {})


def alive(place: Place) -> dict[str, str]:
    """Leases whose holders live, by holder; those of the dead are left out."""
    return {holder: what for holder, what in place.read(FILE).items() if lives(holder)}


def lives(holder: str) -> bool:
    """Whether the very process that took the lease still runs: not another one of its number, and no zombie."""
    if holder == STANDING:
        return True
    pid, _, started = holder.partition(":")
    return str(processes.start_time(int(pid))) == started
