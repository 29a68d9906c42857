"""The whole system as the demo runs it: web, worker, beat and provider, each a process of its own."""

import contextlib
import fcntl
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import redis
from pytest_django.plugin import DjangoDbBlocker

from launcher import demo, frontend, places, ports
from launcher.children import Supervisor
from tests import database
from tests.browser.company import Company, open_company

READY_SECONDS = 90
BROKERS = 16
"""A Redis-protocol server has so many databases unless told otherwise; pytest's own processes use the lower ones."""


@dataclass(frozen=True)
class System:
    """A running system: its address, the company in it, and where its logs are."""

    url: str
    company: Company
    variables: Mapping[str, str]
    logs: Path

    def manage(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a management command on its database."""
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=places.REPOSITORY,
            env=os.environ | self.variables,
            capture_output=True,
            text=True,
        )


@contextlib.contextmanager
def whole_system(blocker: DjangoDbBlocker, folder: Path) -> Iterator[System]:
    """Everything of the demo company, on a database and a broker of its own, for the time of a block."""
    _build_front_end()
    with contextlib.ExitStack() as stack:
        with blocker.unblock():
            name = stack.enter_context(database.further("browser"))
            with database.leading_to(name):
                company = open_company()
                variables = _variables(os.environ["DATABASE_URL"])
        redis.Redis.from_url(variables["REDIS_URL"]).flushdb()
        processes = stack.enter_context(Supervisor(demo.parts(folder, variables), variables, print))
        processes.wait_for_all(READY_SECONDS)
        yield System(variables["WEB_URL"], company, variables, folder / "logs")


def _variables(database_url: str) -> dict[str, str]:
    port = ports.free_port()
    broker = urlsplit(os.environ["REDIS_URL"])
    number = (int(broker.path.strip("/") or 0) + BROKERS // 2) % BROKERS
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": urlunsplit(broker._replace(path=f"/{number}")),
        "OMS_DEMO": "1",
        "PORT": str(port),
        "WEB_URL": f"http://127.0.0.1:{port}",
        "PROVIDER_URL": f"http://127.0.0.1:{ports.free_port()}",
        "PROVIDER_KEY": "sk_test_browser",
        "PROVIDER_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(16)}",
    }


def _build_front_end() -> None:
    """Once, also when several pytest processes come here together."""
    handle = os.open(places.REPOSITORY, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        frontend.build()
    finally:
        os.close(handle)
