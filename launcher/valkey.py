"""The embedded Valkey server (Redis protocol): started, asked and stopped. It keeps nothing on disk: PostgreSQL is the truth."""

import contextlib
import os
import signal
import socket
import subprocess

from launcher import places, ports, processes
from launcher.places import Place
from launcher.software import Software
from launcher.trouble import Trouble

SECONDS = 15
ATTEMPTS = 3


def running(place: Place) -> int | None:
    """The port of the server of this place when it lives, is ours and answers PING."""
    pid, port = _known(place)
    return port if pid and processes.names(pid, str(place.valkey)) and _answers(place, port) else None


def lives(place: Place) -> bool:
    """Whether its process is there, be it busy or silent."""
    pid, _ = _known(place)
    return bool(pid) and processes.names(pid, str(place.valkey))


def start(place: Place, software: Software) -> int:
    """Makes sure that the server runs and returns its port; the caller holds the lock of the place."""
    if port := running(place):
        return port
    stop(place)
    if not place.valkey.is_dir():
        places.give_folder(place.valkey, places.owner())
    before = _number(place, "port")
    for attempt in range(ATTEMPTS):
        port = ports.free_port() if attempt else ports.wanted_or_free(before)
        said = _launch(place, software, port)
        if processes.wait_until(lambda: running(place), SECONDS):
            return port
    raise Trouble(f"Valkey does not start:\n{said}")


def stop(place: Place) -> None:
    """Ends the server of this place, if one lives."""
    pid, _ = _known(place)
    if not pid or not processes.names(pid, str(place.valkey)):
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    if not processes.wait_until(lambda: not processes.names(pid, str(place.valkey)), SECONDS):
        os.kill(pid, signal.SIGKILL)


def url(place: Place, port: int) -> str:
    """The address for applications."""
    return f"redis://:{place.secret('valkey')}@127.0.0.1:{port}/0"


def _known(place: Place) -> tuple[int, int]:
    return _number(place, "valkey.pid"), _number(place, "port")


def _number(place: Place, name: str) -> int:
    try:
        return int((place.valkey / name).read_text())
    except (OSError, ValueError):
        return 0


def _answers(place: Place, port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as server:
            server.sendall(f"AUTH {place.secret('valkey')}\r\nPING\r\n".encode())
            answer = b""
            while not answer.endswith(b"+PONG\r\n") and b"-" not in answer[:1]:
                if not (part := server.recv(100)):
                    return False
                answer += part
    except OSError:
        return False
    return answer.endswith(b"+PONG\r\n")


def _launch(place: Place, software: Software, port: int) -> str:
    owner = places.owner()
    places.write_private(place.valkey / "port", str(port), owner)
    places.write_private(place.valkey / "valkey.conf", _settings(place, port), owner)
    result = subprocess.run(
        [str(software.valkey_server), str(place.valkey / "valkey.conf")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=place.valkey,
        env={"PATH": os.environ.get("PATH", os.defpath)},
        umask=0o077,
        **places.identity(owner),
    )
    return result.stdout + result.stderr


def _settings(place: Place, port: int) -> str:
    # With its title unset, the command line goes on naming the configuration file, and so our data.
    settings = {
        "bind": "127.0.0.1",
        "port": port,
        "requirepass": place.secret("valkey"),
        "maxmemory-policy": "noeviction",
        "save": '""',
        "appendonly": "no",
        "daemonize": "yes",
        "set-proc-title": "no",
        "pidfile": f'"{place.valkey}/valkey.pid"',
        "logfile": f'"{place.valkey}/server.log"',
        "dir": f'"{place.valkey}"',
    }
    return "".join(f"{name} {value}\n" for name, value in settings.items())
