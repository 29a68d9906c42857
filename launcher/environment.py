"""The environment that applications run in: which servers to use, and the secrets of this copy of the project.

`DATABASE_URL` and `REDIS_URL` in the environment choose real servers; what they leave open is embedded.
"""

import atexit
import os
from typing import Any

from launcher import leases, places, postgres, software, valkey
from launcher.places import Place
from launcher.trouble import Trouble

BESIDE = "beside.json"


def ensure(what: str = "", *, test: bool = False) -> dict[str, str]:
    """Makes the servers run as long as this process lives, and returns the variables that lead to them.

    `what` names the holder in `status`. A process that inherits the variables starts nothing and holds nothing.
    """
    if {"DATABASE_URL", "REDIS_URL"} <= os.environ.keys():
        return {}
    place = places.prepare("test" if test else "main")
    with place.locked():
        leases.take(place, what or "python")
        # Before the start: what a start leaves half done is stopped too.
        atexit.register(_give_back, place, os.getpid())
        return _start(place)


def up() -> dict[str, str]:
    """Starts the servers and leaves them running until `down`."""
    place = places.prepare()
    with place.locked():
        variables = _start(place)
        leases.take_standing(place)
        return variables


def down(name: str = "main") -> None:
    """Stops the servers of the place whoever needs them."""
    if place := places.existing(name):
        with place.locked():
            leases.clear(place)
            _stop(place)


def tell_others(place: Place, variables: dict[str, str]) -> None:
    """Commands that run beside this process get these variables too, as long as it lives."""
    with place.locked():
        place.write(BESIDE, variables | {"holder": leases.own()})
        place.write("env.json", place.read("env.json") | variables)


def revive(place: Place) -> list[str]:
    """Starts again the servers that died under this process; returns their names.

    Trouble when somebody stopped them on purpose, or when one comes back under another address.
    """
    gone = [name for name, module in SERVERS.items() if name not in os.environ and not module.lives(place)]
    if not gone:
        return []
    with place.locked():
        if leases.own() not in leases.alive(place):
            raise Trouble("The servers were stopped (make down), so this ends too.")
        before = place.read("env.json")
        now = _start(place)
    if any(before.get(name) != now.get(name) for name in gone):
        raise Trouble("A server died, and its port has been taken meanwhile. Start again.")
    return [WORDS[name] for name in gone]


def status(name: str = "main") -> dict[str, str]:
    """What runs in the place, in words."""
    place = places.existing(name)
    if not place:
        return {"postgres": "never started", "valkey": "never started", "held by": "nobody"}
    with place.locked():
        holders = [f"{what} ({holder.partition(':')[0]})" for holder, what in leases.alive(place).items()]
        return {
            "postgres": _words(postgres.running(place)),
            "valkey": _words(valkey.running(place)),
            "held by": ", ".join(holders) or "nobody",
            "data": str(place.root),
        }


SERVERS: dict[str, Any] = {"DATABASE_URL": postgres, "REDIS_URL": valkey}
WORDS = {"DATABASE_URL": "PostgreSQL", "REDIS_URL": "Valkey"}


def _words(port: int | None) -> str:
    return f"runs on port {port}" if port else "stopped"


def _start(place: Place) -> dict[str, str]:
    programs = software.install(place)
    variables = {"OMS_DATA": str(place.root), "OMS_SECRET_KEY": place.secret("application")}
    if "DATABASE_URL" not in os.environ:
        variables["DATABASE_URL"] = postgres.url(place, postgres.start(place, programs))
    if "REDIS_URL" not in os.environ:
        variables["REDIS_URL"] = valkey.url(place, valkey.start(place, programs))
    variables |= _of_others(place)
    place.write("env.json", variables)
    return {name: value for name, value in variables.items() if name not in os.environ}


def _of_others(place: Place) -> dict[str, str]:
    """What a demo that runs beside us has told."""
    told = place.read(BESIDE)
    return told if leases.lives(told.pop("holder", "0:")) else {}


def _stop(place: Place) -> None:
    postgres.stop(place)
    valkey.stop(place)
    (place.root / "env.json").unlink(missing_ok=True)


def _give_back(place: Place, holder: int) -> None:
    if os.getpid() != holder:  # a fork inherits the exit handler but not the lease
        return
    with place.locked():
        leases.give_back(place)
        told = place.read(BESIDE)
        if told.pop("holder", "") == leases.own():
            (place.root / BESIDE).unlink()
            place.write("env.json", {name: v for name, v in place.read("env.json").items() if name not in told})
        if not leases.alive(place):
            _stop(place)
