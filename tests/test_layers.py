"""`{% url %}`, `{% include %}`, `{% extends %}`, `reverse()` and `redirect()` obey the same layers as imports."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.places import REPOSITORY

LAYERS: list[str] = next(
    contract["layers"]
    for contract in tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    if contract["type"] == "layers"
)
LEVELS = {app.strip(" ()"): level for level, layer in enumerate(LAYERS) for app in layer.split("|")}
IN_TEMPLATES = re.compile(r"""{%\s*(?:url|include|extends)\s+["']([a-z_]+)[:/]""")
IN_PYTHON = re.compile(
    r"""\b(?:reverse|reverse_lazy|redirect|render|render_to_string|get_template)\([^"')]*["']([a-z_]+)[:/]"""
)


def allowed(user: str, used: str) -> bool:
    """Whether app `user` may know app `used`: itself, or what stands lower."""
    return user == used or LEVELS[user] < LEVELS[used]


def files() -> Iterator[tuple[str, Path, re.Pattern[str]]]:
    for app in LEVELS:
        yield from ((app, path, IN_TEMPLATES) for path in (REPOSITORY / "templates" / app).rglob("*.html"))
        yield from ((app, path, IN_TEMPLATES) for path in (REPOSITORY / app / "templates").rglob("*.html"))
        yield from ((app, path, IN_PYTHON) for path in (REPOSITORY / app).rglob("*.py"))


def uses(text: str, pattern: re.Pattern[str]) -> set[str]:
    return {name for name in pattern.findall(text) if name in LEVELS}


def test_links_and_includes_point_down() -> None:
    wrong = [
        f"{path.relative_to(REPOSITORY)} uses {used}"
        for app, path, pattern in files()
        for used in uses(path.read_text(), pattern)
        if not allowed(app, used)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{% url "orders:order" number %}', {"orders"}),
        ("{%include 'returns/lines.html' %}", {"returns"}),
        ('{% extends "base.html" %}{% include "components/table.html" %}', set()),
    ],
)
def test_uses_in_templates_are_seen(text: str, found: set[str]) -> None:
    assert uses(text, IN_TEMPLATES) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('reverse("orders:order", args=[1])', {"orders"}),
        ("redirect('returns:list')", {"returns"}),
        ('render(request, "capture/form.html", {})', {"capture"}),
        ('reverse("sign-in")', set()),
    ],
)
def test_uses_in_python_are_seen(text: str, found: set[str]) -> None:
    assert uses(text, IN_PYTHON) == found


def test_siblings_do_not_know_each_other() -> None:
    assert not allowed("payments", "sourcing")
    assert not allowed("core", "orders")
    assert allowed("backoffice", "core")
