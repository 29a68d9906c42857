"""The design system keeps its word: documented components, colours that can be read, a content policy without holes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import engines
from django.template.base import Node, VariableNode
from django.template.defaulttags import ForNode, WithNode
from django.test import Client

from backoffice import colours
from backoffice.component_docs import documented, names
from core.middleware import POLICY

TEMPLATES = Path(settings.BASE_DIR) / "templates"
GUIDE = "\n".join(path.read_text() for path in sorted((TEMPLATES / "backoffice").glob("styleguide/*.html")))
LETTERS = "notifications"
PAGES = sorted(path for path in TEMPLATES.rglob("*.html") if path.parent.name != LETTERS or "mail_" in path.name)
GIVEN_BY_THE_SHELL = {"request", "csrf_token", "forloop", "messages", "user", "LANGUAGE_CODE", "slot", "me"}
INLINE = re.compile(
    r"<style\b|\sstyle=|\son[a-z]+=|\bhx-on\b|javascript:|<script(?![^>]*\b(?:src=|type=\"application/json\"))"
)
OWN_COLOUR = re.compile(
    r"(?:bg|text|border|fill|stroke|outline|ring)-(?:\[(?:#|rgb|hsl|oklch)|(?:red|blue|green|gray|slate|amber|yellow)-\d)"
)
IDS = [path.relative_to(TEMPLATES).as_posix() for path in PAGES]


@pytest.mark.parametrize("name", names())
def test_a_component_says_what_it_is_and_takes(name: str) -> None:
    said = documented(name)
    assert said.what, f"components/{name}.html begins with no line of documentation"
    assert not said.unclear, f"not a parameter: {said.unclear}"


@pytest.mark.parametrize("name", names())
def test_every_documented_parameter_is_used(name: str) -> None:
    body = (TEMPLATES / "components" / f"{name}.html").read_text().partition("\n")[2]
    assert [one for one in sorted(documented(name).names()) if not re.search(rf"\b{one}\b", body)] == []


@pytest.mark.parametrize("name", names())
def test_every_parameter_used_is_documented(name: str) -> None:
    assert sorted(_free(name) - documented(name).names() - GIVEN_BY_THE_SHELL) == []


@pytest.mark.parametrize("name", names())
def test_every_component_is_in_the_style_guide(name: str) -> None:
    assert re.search(rf'components/{name}\.html|component "{name}"|sample "{name}"', GUIDE)


def _free(name: str) -> set[str]:
    """The variables that a component shows and does not make itself."""
    engine: Any = engines["django"]
    parsed: Any = engine.get_template(f"components/{name}.html").template.nodelist
    shown = {
        node.filter_expression.var.lookups[0]
        for node in parsed.get_nodes_by_type(VariableNode)
        if getattr(node.filter_expression.var, "lookups", None)
    }
    return shown - set(_made(parsed.get_nodes_by_type(Node)))


def _made(nodes: list[Any]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ForNode):
            yield from node.loopvars
        if isinstance(node, WithNode):
            yield from node.extra_context
        for made in ("asvar", "target_var", "variable"):
            if isinstance(target := getattr(node, made, None), str):
                yield target


@pytest.mark.parametrize("theme", ["day", "night"])
@pytest.mark.parametrize(
    "token", [*(f"tone-{tone}" for tone in colours.TONES), "muted", "color-primary", "color-base-content"]
)
def test_words_can_be_read_on_every_ground(theme: str, token: str) -> None:
    assert colours.weakest(theme, token) >= 4.5


@pytest.mark.parametrize("theme", ["day", "night"])
@pytest.mark.parametrize("ground", ["primary", "secondary", "error", "success", "warning", "info", "neutral", "accent"])
def test_words_can_be_read_on_what_is_filled(theme: str, ground: str) -> None:
    shown = colours.themes()[theme]
    assert colours.contrast(shown[f"color-{ground}"], shown[f"color-{ground}-content"]) >= 4.5


def test_contrast_is_counted_as_the_standard_has_it() -> None:
    white, black = colours.Colour(1, 0, 0), colours.Colour(0, 0, 0)
    assert round(colours.contrast(white, black), 2) == 21
    grey = colours.Colour(0.5693, 0, 0)  # #767676, the lightest grey that may be read on white
    assert round(colours.contrast(white, grey), 1) == 4.5


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_a_page_has_nothing_inline_and_no_colour_of_its_own(page: Path) -> None:
    text = page.read_text()
    assert INLINE.findall(text) == []
    assert OWN_COLOUR.findall(text) == []


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/sign-in/", "/no-such-page/", "/api/docs", "/t/nothing/", "/admin/"])
def test_every_answer_carries_the_policy(client: Client, address: str) -> None:
    assert client.get(address).headers["Content-Security-Policy"] == POLICY


def test_the_policy_allows_nothing_inline_and_nobody_else() -> None:
    assert "unsafe" not in POLICY
    assert not re.search(r"https?:|\*", POLICY)
    for directive in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in POLICY
