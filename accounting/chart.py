"""The company's chart of accounts: reading one from data, and which account serves which role."""

import csv
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounting.models import Account, ChartRole
from accounting.roles import Role
from core.actors import Actor
from core.ids import new_id
from core.problems import NotFound
from core.timeline import record

DATA = Path(__file__).parent / "data"


def account_ids() -> dict[str, UUID]:
    """The account of each role."""
    return dict(ChartRole.objects.values_list("role", "account_id"))


def read_chart(name: str) -> list[dict[str, str]]:
    """The rows of a chart that ships with the application (`pcg`, `ifrs`). Raises `NotFound`."""
    path = DATA / f"{name}.csv"
    if not path.is_file():
        raise NotFound(
            _("There is no chart of accounts named %(name)s. Known are: %(choices)s.")
            % {"name": name, "choices": ", ".join(charts())}
        )
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def charts() -> list[str]:
    """Names of the charts that ship with the application."""
    return sorted(path.stem for path in DATA.glob("*.csv"))


def install_chart(name: str, *, actor: Actor) -> None:
    """Add the chart's accounts that are missing and point every role to its account in it. What is posted stays."""
    rows = read_chart(name)
    with transaction.atomic():
        Account.objects.bulk_create(
            [Account(id=new_id(), code=row["code"], name=row["name"], kind=row["kind"]) for row in rows],
            ignore_conflicts=True,
        )
        ids = dict(Account.objects.values_list("code", "id"))
        for row in rows:
            if row["role"]:
                map_role(Role(row["role"]), ids[row["code"]], actor=actor)


def map_role(role: Role, account_id: UUID, *, actor: Actor) -> None:
    """Let the account serve the role from now on; entries already posted keep theirs."""
    with transaction.atomic():
        ChartRole.objects.update_or_create(role=role, defaults={"account_id": account_id})
        record(account_id, "role_mapped", actor=actor, after=str(role))
