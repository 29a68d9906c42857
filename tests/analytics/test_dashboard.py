import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.factories.orders import placed, released
from tests.factories.people import signed_in
from tests.factories.world import small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Client:
    small_world()
    return signed_in("manager")


def test_an_empty_company_has_a_dashboard_too(manager: Client) -> None:
    assert manager.get("/insight/").status_code == 200


def test_every_number_is_that_of_the_list_behind_it(manager: Client) -> None:
    placed()
    placed()
    released()

    context = manager.get("/insight/").context

    for figure in [*context["stats"], *context["stages"]]:
        if isinstance(figure["value"], int):
            assert len(manager.get(figure["href"]).context["rows"]) == figure["value"], figure["label"]


def test_it_asks_the_database_a_bounded_number_of_times(
    manager: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    placed()

    with django_assert_max_num_queries(16):
        manager.get("/insight/")
