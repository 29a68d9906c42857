"""docs/operating.md is complete: nothing that an operator can set, see or hear of is missing there."""

import re
from pathlib import Path

import pytest

from launcher.places import REPOSITORY
from oms.metrics import collect
from tests.factories.world import small_world

PAGE = (REPOSITORY / "docs" / "operating.md").read_text()
NAMED = re.compile(r"""(?:environ\.get\(|required\(|environ\[|getenv\()\s*["']([A-Z_]+)["']""")
APPS = ("oms", "core", "payments", "notifications", "integrations", "backoffice", "capture", "fulfillment")
LEVELS = {"INFO", "WARNING"}
OF_DJANGO = {"DJANGO_SETTINGS_MODULE"}


def _variables(path: Path) -> set[str]:
    return set(NAMED.findall(path.read_text()))


def test_every_variable_that_is_read_is_explained() -> None:
    read = {name for app in APPS for path in (REPOSITORY / app).rglob("*.py") for name in _variables(path)}

    assert {"DATABASE_URL", "OMS_LOG_FORMAT", "METRICS_TOKEN"} <= read
    table = PAGE.partition("## Environment variables")[2].partition("\n## ")[0]
    assert [name for name in sorted(read - OF_DJANGO) if f"`{name}" not in table] == []


def test_every_variable_that_is_explained_is_read_or_given_by_compose() -> None:
    table = PAGE.partition("## Environment variables")[2].partition("\n## ")[0]
    known = {name for app in APPS for path in (REPOSITORY / app).rglob("*.py") for name in _variables(path)}
    compose = (REPOSITORY / "docker-compose.yml").read_text()

    told = set(re.findall(r"`([A-Z][A-Z_]{3,})(?:=1)?`", table))
    assert [
        name for name in sorted(told) if name not in known and f"${{{name}" not in compose and name not in LEVELS
    ] == []


@pytest.mark.django_db
def test_every_figure_is_explained() -> None:
    small_world()
    names = {family.name for family in collect()} | {"oms_letters_waiting", "oms_letters_failed"}

    missing = [name for name in sorted(names) if name not in PAGE and not name.startswith("oms_sample")]
    assert missing == []


def test_every_service_of_compose_is_explained() -> None:
    services = (REPOSITORY / "docker-compose.yml").read_text().partition("\nservices:\n")[2].partition("\nvolumes:")[0]
    names = re.findall(r"^  ([a-z]+):$", services, re.MULTILINE)

    assert len(names) == len(set(names)) > 5, "a name stands twice, and one of the two is lost"
    assert [name for name in names if f"`{name}`" not in PAGE and name != "mailbox"] == []
