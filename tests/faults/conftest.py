from collections.abc import Iterator

import pytest

from tests.faults.own_postgres import OwnPostgres, own_postgres


@pytest.fixture(scope="session")
def own_server(django_db_setup: None) -> Iterator[OwnPostgres]:
    """A PostgreSQL server that the drills of this pytest process may stop, kill and starve."""
    with own_postgres() as server:
        yield server
