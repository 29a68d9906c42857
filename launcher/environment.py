"""The environment that applications run in: which servers to use, and the secrets of this copy of the project.

`DATABASE_URL` and `REDIS_URL` in the environment choose real servers; what they leave open is embedded.
"""

import atexit
import os
from collections.abc import Mapping

from launcher import leases, places, ports, postgres, software, valkey
from launcher.places import Place

PROVIDER = "provider.json"


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
        return _start(place) | _provider(place)


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


def _words(port: int | None) -> str:
    return f"runs on port {port}" if port else "stopped"


def _start(place: Place) -> dict[str, str]:
    programs = software.install(place)
    variables = {"OMS_DATA": str(place.root), "OMS_SECRET_KEY": place.secret("application")}
    if "DATABASE_URL" not in os.environ:
        variables["DATABASE_URL"] = postgres.url(place, postgres.start(place, programs))
    if "REDIS_URL" not in os.environ:
        variables["REDIS_URL"] = valkey.url(place, valkey.start(place, programs))
    place.write("env.json", variables)
    return {name: value for name, value in variables.items() if name not in os.environ}


def keep_provider(place: Place, variables: Mapping[str, str]) -> None:
    """Remembers the payment provider of the system that runs here, for commands beside it."""
    place.write(PROVIDER, {name: variables[name] for name in ("PROVIDER_URL", "PROVIDER_KEY")})


def _provider(place: Place) -> dict[str, str]:
    """The payment provider that runs beside us, so that books can be compared with it; nothing when none answers."""
    kept = place.read(PROVIDER)
    port = kept.get("PROVIDER_URL", "").rpartition(":")[2]
    answers = port.isdigit() and ports.answers(int(port)) and "PROVIDER_URL" not in os.environ
    return {name: value for name, value in kept.items() if name not in os.environ} if answers else {}


def _stop(place: Place) -> None:
    postgres.stop(place)
    valkey.stop(place)
    (place.root / "env.json").unlink(missing_ok=True)


def _give_back(place: Place, holder: int) -> None:
    if os.getpid() != holder:  # a fork inherits the exit handler but not the lease
        return
    with place.locked():
        leases.give_back(place)
        if not leases.alive(place):
            _stop(place)
