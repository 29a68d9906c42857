import pytest

from tests.api.client import Caller
from tests.factories.world import World, small_world


@pytest.fixture
def world(db: None) -> World:
    """A small company that can sell."""
    return small_world()


@pytest.fixture
def api(world: World) -> Caller:
    """A program with every scope."""
    return Caller(world.api_key)
