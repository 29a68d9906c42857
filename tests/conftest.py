from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.utils import timezone, translation
from pytest_django.plugin import DjangoDbBlocker

from core.ids import new_id
from tests import database

PATIENCE = 60


@pytest.fixture(scope="session", autouse=True)
def patient_cache() -> None:
    """A cache that does not answer within half a second counts nothing, and limits let one try more by: on a machine at
    work that is a matter of luck, so here it is waited for."""
    options: Any = settings.CACHES["default"]["OPTIONS"]
    options.update(socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """In the place of pytest-django's own: a clone of the migrated template."""
    with django_db_blocker.unblock():
        name = database.create_own()
    yield
    with django_db_blocker.unblock():
        database.drop(name)


@pytest.fixture(autouse=True)
def own_cache() -> None:
    """Nothing is found in the cache that an earlier test has kept there."""
    caches["default"].key_prefix = new_id().hex


@pytest.fixture
def fresh_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A migrated database of the test's own, where commits are real: for threads and processes. Not together with `db`."""
    with django_db_blocker.unblock(), database.clone() as name:
        yield name


@pytest.fixture(autouse=True)
def _everybody_leaves() -> Iterator[None]:
    """The language and the zone of a test's readers are not those of the next test."""
    yield
    translation.deactivate()
    timezone.deactivate()
