from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.factories.mailserver import MailServer
from tests.factories.provider import KEY, ProviderProcess
from tests.factories.world import small_world
from tests.faults.money import shop_and_bank
from tests.faults.own_postgres import OwnPostgres, own_postgres
from tests.faults.workers import Broker, Clock, Worker, own_broker


@pytest.fixture(scope="session")
def own_server(django_db_setup: None) -> Iterator[OwnPostgres]:
    """A PostgreSQL server that the drills of this pytest process may stop, kill and starve."""
    with own_postgres() as server:
        yield server


@pytest.fixture
def broker(fresh_database: str) -> Iterator[Broker]:
    """A broker of the drill's own, and a company that sells."""
    small_world()
    with own_broker() as broker:
        yield broker


@pytest.fixture
def clock(broker: Broker) -> Clock:
    """It ticks for the workers of that broker."""
    return Clock(broker)


@pytest.fixture
def provider(tmp_path: Path, settings: Settings) -> Iterator[ProviderProcess]:
    """The payment provider, for the drill and its workers."""
    process = ProviderProcess(tmp_path / "provider.sqlite3")
    settings.PROVIDER_URL, settings.PROVIDER_KEY = process.url, KEY
    yield process
    process.stop()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """Where the workers' letters go."""
    server = MailServer()
    yield server
    server.close()


@pytest.fixture
def surroundings(broker: Broker, provider: ProviderProcess, mail_server: MailServer) -> dict[str, str]:
    """The environment of a worker that knows them all."""
    return {
        "REDIS_URL": broker.url,
        "PROVIDER_URL": provider.url,
        "PROVIDER_KEY": KEY,
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(mail_server.port),
    }


@pytest.fixture
def worker(surroundings: dict[str, str]) -> Iterator[Worker]:
    """A Celery worker; it does not live yet."""
    worker = Worker(surroundings)
    yield worker
    worker.close()


@pytest.fixture
def second_worker(surroundings: dict[str, str]) -> Iterator[Worker]:
    """Another one."""
    worker = Worker(surroundings)
    yield worker
    worker.close()


@pytest.fixture
def bank(fresh_database: str, tmp_path: Path) -> Iterator[ProviderProcess]:
    """A shop on a database where commits are real, and its bank that sends webhooks."""
    with shop_and_bank(tmp_path) as bank:
        yield bank
