from collections.abc import Iterator

import pytest

from tests.launcher.copies import Copy, copy_of_launcher


@pytest.fixture
def copy() -> Iterator[Copy]:
    """A private launcher with nothing started."""
    with copy_of_launcher() as made:
        yield made
