from collections.abc import Iterator

import pytest

from tests.core.jobs import world


@pytest.fixture(autouse=True)
def known() -> Iterator[None]:
    """The tiny list and its action."""
    with world.known():
        yield
