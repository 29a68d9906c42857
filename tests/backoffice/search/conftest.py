"""A small company with a few people whose names are hard to type."""

import pytest

from backoffice.search.indexing import catch_up
from orders.models import Order
from tests.backoffice.search.asking import bought
from tests.factories.world import World, small_world


@pytest.fixture
def world() -> World:
    return small_world()


@pytest.fixture
def order(world: World) -> Order:
    """The order of Jürgen Müller, whom search knows."""
    made = bought("Jürgen", "Müller", email="j.mueller@example.com", phone="+33612345678", external_id="SHOP-77/A")
    bought("Anne", "Bertin")
    catch_up()
    return made
