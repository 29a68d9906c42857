"""The demo: the whole system with a made-up company, in the foreground until Ctrl-C or TERM."""

import contextlib
import hashlib
import http.client
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from celery import Celery

from launcher import children, environment, places, ports
from launcher.children import Child, Supervisor
from launcher.places import Place
from launcher.trouble import Trouble

BIN = Path(sys.executable).parent
PORT = 8000
READY_SECONDS = 90
WORKERS = {
    "worker-work": ("--queues", "relay,work", "--concurrency", "2"),
    "worker-providers": ("--queues", "providers", "--pool", "threads", "--concurrency", "4"),
    "worker-mail": ("--queues", "mail", "--pool", "threads", "--concurrency", "2"),
    "worker-jobs": ("--queues", "jobs", "--pool", "threads", "--concurrency", "2"),
}
"""One for each kind of work, so that a payment provider or mail server that hangs holds up nothing else. Those that mostly
wait do it in threads: one process each."""
FOR_OTHERS = ("WEB_URL", "PROVIDER_URL", "PROVIDER_KEY", "PROVIDER_WEBHOOK_SECRET")
"""What a command beside the demo needs to ask its provider."""
SIGN_INS = ("clerk", "store", "warehouse", "finance", "manager", "admin")


def run() -> None:
    """Sets up the company, starts every process and returns only when something ends it."""
    size = wanted_size()
    variables = environment.ensure("demo")
    place = places.prepare()
    own = _own_variables(place)
    environment.tell_others(place, {name: own[name] for name in FOR_OTHERS})
    variables |= own
    _migrate(place, variables)
    _manage(variables, "demo_company", "--size", size)
    key = _api_key(place, variables)
    with Supervisor(parts(place.root, variables), variables, say) as supervisor:
        supervisor.wait_for_all(READY_SECONDS)
        say(f"Sign in as {', '.join(SIGN_INS)}; the password is: demo")
        say(f"api-key {key}")
        say(f"ready {variables['WEB_URL']}")
        supervisor.watch(lambda: environment.revive(place))


def say(words: str) -> None:
    """At once, also into a pipe."""
    print(words, flush=True)


def wanted_size() -> str:
    """DEMO: small or full."""
    size = os.environ.get("DEMO", "small")
    if size not in ("small", "full"):
        raise Trouble(f"DEMO is {size!r}; it can be small or full.")
    return size


def _own_variables(place: Place) -> dict[str, str]:
    port = wanted_port()
    secret = os.environ.get("OMS_SECRET_KEY") or place.secret("application")
    return {
        "OMS_SECRET_KEY": secret,
        "OMS_DEMO": "1",
        "WEB_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "PROVIDER_URL": f"http://127.0.0.1:{ports.free_port()}",
        "PROVIDER_KEY": "sk_test_demo",
        "PROVIDER_WEBHOOK_SECRET": "whsec_" + place.secret("provider-webhook"),
    }


def wanted_port() -> int:
    """PORT when named, else 8000 when free, else a free one."""
    wanted = os.environ.get("PORT", "")
    if not wanted:
        return PORT if ports.is_free(PORT) else ports.free_port()
    if not wanted.isdigit() or not 0 < int(wanted) < 65536:
        raise Trouble(f"PORT is {wanted!r}; it must be a number from 1 to 65535.")
    if not ports.is_free(int(wanted)):
        raise Trouble(f"Port {wanted} is in use. Choose another one: make demo PORT=…")
    return int(wanted)


def _migrate(place: Place, variables: Mapping[str, str]) -> None:
    """Skipped when these migrations already ran on this embedded database."""
    mark = f"{_migrations_hash()} {(place.postgres / 'PG_VERSION').stat().st_mtime_ns}" if _embedded(variables) else ""
    if mark and place.read("migrated.json").get("mark") == mark:
        return
    say("Preparing the database")
    _manage(variables, "migrate", "--verbosity", "0")
    if mark:
        place.write("migrated.json", {"mark": mark})


def _embedded(variables: Mapping[str, str]) -> bool:
    return "DATABASE_URL" in variables


def _migrations_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(places.REPOSITORY.glob("*/migrations/*.py")):
        digest.update(f"{path.relative_to(places.REPOSITORY)}\n".encode() + path.read_bytes())
    digest.update((places.REPOSITORY / "requirements.lock").read_bytes())
    return digest.hexdigest()


def _api_key(place: Place, variables: Mapping[str, str]) -> str:
    """The demo's key with all scopes: made once, and kept so that each start prints the same."""
    kept = place.read("demo-key.json")
    database = variables.get("DATABASE_URL") or os.environ["DATABASE_URL"]
    name = database.rpartition("/")[2]
    if name not in kept:
        command = [str(BIN / "python"), "manage.py", "create_api_key", "demo", "--scopes", "all", "--replace"]
        made = subprocess.run(
            command, cwd=places.REPOSITORY, env=os.environ | variables, capture_output=True, text=True
        )
        if made.returncode:
            raise Trouble(f"create_api_key failed:\n{made.stderr}")
        place.write("demo-key.json", kept | {name: made.stdout.split()[-1]})
    return place.read("demo-key.json")[name]


def _manage(variables: Mapping[str, str], *words: str) -> None:
    if code := children.run([str(BIN / "python"), "manage.py", *words], variables):
        raise Trouble(f"manage.py {words[0]} ended with code {code}.")


def parts(folder: Path, variables: Mapping[str, str]) -> list[Child]:
    """The processes of the whole system: web, workers, beat and provider; their logs and files lie in `folder`."""
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    beat_pid = folder / "beat.pid"
    beat_pid.unlink(missing_ok=True)
    provider = variables["PROVIDER_URL"].rpartition(":")[2]
    celery = [str(BIN / "celery"), "--quiet", "-A", "oms"]
    return [
        Child("web", _gunicorn(variables), lambda: _web_answers(int(variables["PORT"])), logs / "web.log"),
        *(
            Child(name, [*celery, *_worker(name, words)], _worker_asker(name, variables), logs / f"{name}.log")
            for name, words in WORKERS.items()
        ),
        Child(
            "beat",
            [*celery, "beat", "--schedule", str(folder / "beat-schedule"), "--pidfile", str(beat_pid)],
            beat_pid.exists,
            logs / "beat.log",
        ),
        Child(
            "simulator",
            [
                str(BIN / "python"),
                "-m",
                "simulator",
                "--port",
                provider,
                "--data",
                str(folder / "simulator.sqlite3"),
                "--webhook-url",
                f"{variables['WEB_URL']}/api/v1/webhooks/payments/stripe",
                "--webhook-secret",
                variables["PROVIDER_WEBHOOK_SECRET"],
            ],
            lambda: ports.answers(int(provider)),
            logs / "simulator.log",
        ),
    ]


def _gunicorn(variables: Mapping[str, str]) -> list[str]:
    address = f"127.0.0.1:{variables['PORT']}"
    return [
        str(BIN / "gunicorn"),
        "oms.wsgi",
        "--no-control-socket",
        "--workers",
        "1",
        "--threads",
        "8",
        "--bind",
        address,
    ]


def _web_answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/health/")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def _worker(name: str, words: Sequence[str]) -> list[str]:
    quiet = ["--without-mingle", "--without-gossip", "--without-heartbeat", "--loglevel", "INFO"]
    return ["worker", "--hostname", f"{name}@oms", *words, *quiet]


def _worker_asker(name: str, variables: Mapping[str, str]) -> Callable[[], bool]:
    broker = variables.get("REDIS_URL") or os.environ["REDIS_URL"]

    def answers() -> bool:
        with Celery(broker=broker) as asker:
            return bool(asker.control.ping(destination=[f"{name}@oms"], timeout=0.5))

    return answers
