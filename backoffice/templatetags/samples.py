"""The tag of the style guide: a component drawn beside the very lines that draw it."""

from textwrap import dedent
from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token, TokenType
from django.template.context import Context
from django.template.loader import get_template
from django.utils.safestring import mark_safe

from backoffice.component_docs import documented

register = template.Library()


class SampleNode(template.Node):
    """Draws its body, shows its source, and tells what the component takes."""

    def __init__(self, name: str, words: FilterExpression, flags: set[str], body: NodeList, source: str) -> None:
        self.name, self.words, self.flags, self.body, self.source = name, words, flags, body, source

    def render(self, context: Context) -> str:
        values: dict[str, Any] = {
            "name": self.name,
            "words": self.words.resolve(context),
            "wide": "wide" in self.flags,
            "bare": "bare" in self.flags,
            "drawn": mark_safe(self.body.render(context)),  # noqa: S308 - rendered by the engine
            "source": self.source,
            "docs": documented(self.name) if "tag" not in self.flags else None,
        }
        page: Any = get_template("backoffice/styleguide/sample.html")
        return str(page.template.render(context.new(values)))


@register.tag
def sample(parser: Parser, token: Token) -> SampleNode:
    """`{% sample "panel" _("What it is for.") wide %}…{% endsample %}`.

    Flags: `wide` (over all columns), `bare` (on the ground of the page), `tag` (a template tag or a class, no component).
    """
    name, words, *flags = token.split_contents()[1:]
    source = dedent(_source(parser)).strip()
    body = parser.parse(("endsample",))
    parser.delete_first_token()
    return SampleNode(name.strip('"'), parser.compile_filter(words), set(flags), body, source)


def _source(parser: Parser) -> str:
    """The template's own text up to the end of the sample; the parser keeps what comes in reverse."""
    shown = []
    tokens: list[Token] = parser.tokens  # type: ignore[assignment]
    for token in reversed(tokens):
        if token.token_type is TokenType.BLOCK and token.contents == "endsample":
            break
        shown.append(_written(token))
    return "".join(shown)


def _written(token: Token) -> str:
    match token.token_type:
        case TokenType.BLOCK:
            return f"{{% {token.contents} %}}"
        case TokenType.VAR:
            return f"{{{{ {token.contents} }}}}"
        case _:
            return str(token.contents)
