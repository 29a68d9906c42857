"""A company starts with the French chart of accounts; another can be installed at any time."""

import csv
from pathlib import Path

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CHART = Path(__file__).parent.parent / "data" / "pcg.csv"


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Accounts and the roles they serve."""
    account, role = apps.get_model("accounting", "Account"), apps.get_model("accounting", "ChartRole")
    with CHART.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            made, _ = account.objects.get_or_create(
                code=row["code"], defaults={"name": row["name"], "kind": row["kind"]}
            )
            if row["role"]:
                role.objects.get_or_create(role=row["role"], defaults={"account": made})


class Migration(migrations.Migration):
    dependencies = [("accounting", "0002_journal_guards")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
