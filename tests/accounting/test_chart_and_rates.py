"""Which account serves what, and what other currencies are worth."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from accounting.chart import account_ids, charts, install_chart, map_role, read_chart
from accounting.models import Account, ChartRole, CurrencyRate
from accounting.rates import rate_on, set_rates
from accounting.roles import Role
from core.actors import SYSTEM
from core.problems import Invalid, NotFound

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", charts())
def test_every_chart_that_ships_serves_every_role_once(name: str) -> None:
    roles = [row["role"] for row in read_chart(name) if row["role"]]
    assert sorted(roles) == sorted(Role.values)


def test_a_new_company_starts_with_the_french_chart() -> None:
    assert set(account_ids()) == set(Role.values)
    assert Account.objects.get(roles__role=Role.REVENUE).code == "707000"


def test_another_chart_takes_over_all_roles() -> None:
    install_chart("ifrs", actor=SYSTEM)
    assert ChartRole.objects.get(role=Role.REVENUE).account.code == "4000"
    assert account_ids()[Role.REVENUE] == Account.objects.get(code="4000").id


def test_one_role_can_be_moved_to_another_account() -> None:
    bank = Account.objects.create(code="512100", name="Banque 2", kind=Account.Kind.ASSET)
    map_role(Role.BANK, bank.id, actor=SYSTEM)
    assert account_ids()[Role.BANK] == bank.id


def test_an_unknown_chart_is_refused_by_name() -> None:
    with pytest.raises(NotFound, match="ifrs, pcg"):
        install_chart("mars", actor=SYSTEM)


def test_the_latest_rate_up_to_the_day_counts() -> None:
    set_rates([("GBP", date(2020, 1, 1), Decimal("1.17")), ("GBP", date(2026, 11, 1), Decimal("1.15"))], actor=SYSTEM)
    assert rate_on("GBP", date(2026, 11, 23)) == Decimal("1.15")
    assert rate_on("GBP", date(2026, 10, 31)) == Decimal("1.17")
    assert rate_on("EUR", date(1900, 1, 1)) == 1


def test_a_second_rate_of_a_day_replaces_the_first() -> None:
    for rate in ("1.15", "1.16"):
        set_rates([("GBP", date(2026, 11, 1), Decimal(rate))], actor=SYSTEM)
    assert CurrencyRate.objects.get(currency="GBP", day=date(2026, 11, 1)).rate == Decimal("1.16")


def test_a_currency_without_a_rate_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match="no rate of XAU"):
        rate_on("XAU", date(2026, 11, 1))


def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "accounting", check=True, dry_run=True, verbosity=0)
