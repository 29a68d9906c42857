"""The help: the very files of docs/, one per role, in each language. There is no second copy that could drift.

A French page (docs/fr/) has the same headings in the same order as the English one, whose anchors both answer to.
"""

import re
import unicodedata
from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.translation import no_breaks

FOLDER = Path(settings.BASE_DIR) / "docs"
WORDS_BEFORE, WORDS_SHOWN = 8, 30
"""How much of a section is shown around a word that was found."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the help: the name of its file, whose it is, and what it is for in a line."""

    name: str
    icon: str
    text: str | Promise
    roles: tuple[str, ...] = ()


PAGES = (
    Page("first-day", "compass", _("Sign in, find your way, set language, time and look: for everybody.")),
    Page("call-centre", "phone", _("Find, take, hold, cancel, pay links, returns."), ("clerk",)),
    Page("store", "store", _("Accept, pick by scan, pack, hand over, take back."), ("store",)),
    Page("warehouse", "boxes", _("Waves of work, packing, receiving, counting."), ("warehouse",)),
    Page("planner", "chart-line", _("Stock against promises, what runs out."), ("planner",)),
    Page("operations", "route", _("Exceptions, orders without a place, work that stopped."), ("operations",)),
    Page("finance", "wallet", _("Payments, refunds, journal, trial balance."), ("finance",)),
    Page("manager", "chart-no-axes-column", _("The morning in five looks, the figures behind them."), ("manager",)),
    Page("administrator", "settings", _("Set up a company, people and roles, keys."), ("admin",)),
    Page("integrator", "plug", _("Connect shops and other systems by the API."), ("admin",)),
)
BY_NAME = {page.name: page for page in PAGES}

ABOUT = {
    "home": ("first-day", "home"),
    "preferences": ("first-day", "language-time-and-look"),
    "orders": ("call-centre", "find-an-order-or-a-customer"),
    "order": ("call-centre", "the-order-page"),
    "search": ("call-centre", "find-an-order-or-a-customer"),
    "new-order": ("call-centre", "take-an-order"),
    "order-at-counter": ("store", "take-goods-back"),
    "customers": ("call-centre", "find-an-order-or-a-customer"),
    "customer": ("call-centre", "the-customer-s-page"),
    "mail": ("call-centre", "mail"),
    "mail-message": ("call-centre", "mail"),
    "work": ("store", "send-an-order-from-the-shop"),
    "work-piece": ("store", "send-an-order-from-the-shop"),
    "parcel": ("store", "parcels-on-their-way"),
    "stock": ("planner", "read-the-stock"),
    "stock-item": ("planner", "read-the-stock"),
    "stock-limits": ("planner", "limits"),
    "safety-rules": ("planner", "limits"),
    "kept-stock": ("call-centre", "stock-of-orders-that-wait"),
    "keeping-rules": ("call-centre", "stock-of-orders-that-wait"),
    "stock-at": ("warehouse", "bins"),
    "stock-bins": ("warehouse", "bins"),
    "stock-bin": ("warehouse", "bins"),
    "stock-bin-new": ("warehouse", "bins"),
    "stock-lots": ("warehouse", "lots"),
    "stock-lot": ("warehouse", "lots"),
    "recall": ("warehouse", "lots"),
    "serials": ("warehouse", "serial-numbers"),
    "serial": ("warehouse", "serial-numbers"),
    "put-away": ("warehouse", "bins"),
    "inbound": ("planner", "what-is-on-its-way"),
    "supply": ("planner", "what-is-on-its-way"),
    "supply-new": ("planner", "what-is-on-its-way"),
    "stock-feeds": ("planner", "stock-feeds"),
    "stock-feed": ("planner", "stock-feeds"),
    "stock-feed-new": ("planner", "stock-feeds"),
    "stock-feed-change": ("planner", "stock-feeds"),
    "stock-message": ("planner", "stock-feeds"),
    "purchase-orders": ("planner", "buy"),
    "purchase-order": ("planner", "buy"),
    "purchase-order-new": ("planner", "buy"),
    "purchase-order-change": ("planner", "buy"),
    "purchase-order-receive": ("warehouse", "receive-a-purchase-order"),
    "purchase-order-receive-finish": ("warehouse", "receive-a-purchase-order"),
    "vendors": ("planner", "buy"),
    "to-order": ("planner", "sell-what-a-vendor-brings"),
    "vendor-terms": ("planner", "sell-what-a-vendor-brings"),
    "vendor-terms-new": ("planner", "sell-what-a-vendor-brings"),
    "vendor": ("planner", "buy"),
    "vendor-new": ("planner", "buy"),
    "vendor-change": ("planner", "buy"),
    "stock-counts": ("warehouse", "count-bins-and-articles"),
    "count": ("warehouse", "count-bins-and-articles"),
    "count-new": ("warehouse", "count-bins-and-articles"),
    "count-floor": ("warehouse", "count-bins-and-articles"),
    "count-bin": ("warehouse", "count-bins-and-articles"),
    "count-differences": ("planner", "decide-about-counted-differences"),
    "count-line": ("planner", "decide-about-counted-differences"),
    "count-rules": ("planner", "decide-about-counted-differences"),
    "transfers": ("warehouse", "move-goods-between-places"),
    "transfer": ("warehouse", "move-goods-between-places"),
    "transfer-new": ("warehouse", "move-goods-between-places"),
    "transfer-change": ("warehouse", "move-goods-between-places"),
    "transfer-count": ("warehouse", "move-goods-between-places"),
    "transfer-finish": ("warehouse", "move-goods-between-places"),
    "exceptions": ("operations", "exceptions"),
    "work-queue": ("operations", "work-that-stopped"),
    "health": ("operations", "is-everything-running"),
    "ledger": ("finance", "follow-one-order"),
    "journal-entry": ("finance", "follow-one-order"),
    "trial-balance": ("finance", "trial-balance"),
    "insight": ("manager", "reading-the-figures"),
    "people": ("administrator", "people"),
    "person": ("administrator", "people"),
    "invite": ("administrator", "people"),
    "role": ("administrator", "people"),
    "devices": ("administrator", "people"),
    "account": ("first-day", "language-time-and-look"),
    "jobs": ("first-day", "lists"),
    "job": ("first-day", "lists"),
    "roles": ("administrator", "people"),
}
"""Which section is about a page, by the page's route."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page under one heading: where it is and what it says."""

    page: str
    anchor: str
    title: str
    words: str

    @property
    def url(self) -> str:
        """Its address."""
        return reverse("help-page", args=[self.page]) + (f"#{self.anchor}" if self.anchor else "")


@dataclass(frozen=True, slots=True)
class Shown:
    """A page in one language, ready to be shown."""

    name: str
    title: str
    html: str
    sections: tuple[Section, ...]


def path_of(name: str, language: str) -> Path:
    """The file of a page; the English one where a language has none."""
    translated = FOLDER / language / f"{name}.md"
    return translated if translated.exists() else FOLDER / f"{name}.md"


def shown(name: str) -> Shown:
    """A page in the language in use."""
    return _shown(name, (get_language() or "en")[:2])


@lru_cache(maxsize=64)
def _shown(name: str, language: str) -> Shown:
    tokens = _parser().parse(path_of(name, language).read_text(encoding="utf-8"))
    english = headings(_parser().parse(path_of(name, "en").read_text(encoding="utf-8")))
    anchors = [slug(text) for text in english]
    _set_anchors(tokens, anchors)
    _mend_links(tokens)
    _set_spaces(tokens, language)
    title, body = _without_title(tokens)
    parser = _parser()
    return Shown(
        name,
        title,
        parser.renderer.render(body, parser.options, {}),
        tuple(_sections(name, title, body)),
    )


def _parser() -> MarkdownIt:
    """CommonMark with tables; HTML in a file is shown as text and never becomes markup."""
    return MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")


def headings(tokens: list[Token]) -> list[str]:
    """The text of each heading below the title."""
    return [
        tokens[place + 1].content
        for place, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag != "h1"
    ]


def slug(text: str) -> str:
    """A heading as an anchor: `Take an order` is `take-an-order`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _set_anchors(tokens: list[Token], anchors: list[str]) -> None:
    opened = [token for token in tokens if token.type == "heading_open" and token.tag != "h1"]
    for token, anchor in zip(opened, anchors, strict=False):
        token.attrSet("id", anchor)


def _mend_links(tokens: list[Token]) -> None:
    """Files of the help become its pages; another file of docs/ is named and not linked."""
    for token in tokens:
        for child in token.children or []:
            if child.type != "link_open":
                continue
            target = str(child.attrGet("href") or "")
            found = re.fullmatch(r"(?:\.\./)?([a-z-]+)\.md(#.*)?", target)
            if found and found[1] in BY_NAME:
                child.attrSet("href", reverse("help-page", args=[found[1]]) + (found[2] or ""))
            elif found:
                child.attrs.pop("href")
                child.tag = "span"
                _close_as_span(token.children or [], child)


def _set_spaces(tokens: list[Token], language: str) -> None:
    for token in tokens:
        token.content = no_breaks(token.content, language) if token.type == "inline" else token.content
        for child in token.children or []:
            if child.type == "text":
                child.content = no_breaks(child.content, language)


def _close_as_span(children: list[Token], opened: Token) -> None:
    for child in children[children.index(opened) :]:
        if child.type == "link_close":
            child.tag = "span"
            return


def _without_title(tokens: list[Token]) -> tuple[str, list[Token]]:
    return tokens[1].content, tokens[3:]


def _sections(name: str, title: str, tokens: list[Token]) -> Iterator[Section]:
    words: list[str] = []
    anchor, heading = "", title
    for before, token in pairwise([Token("start", "", 0), *tokens]):
        if token.type == "heading_open":
            yield Section(name, anchor, heading, " ".join(words))
            anchor, words = str(token.attrGet("id") or ""), []
        elif before.type == "heading_open":
            heading = token.content
        elif token.type == "inline":
            words.append(_plain(token))
    yield Section(name, anchor, heading, " ".join(words))


def _plain(token: Token) -> str:
    """Its words alone; a line that breaks in the file is a space."""
    breaks = ("softbreak", "hardbreak")
    return "".join(" " if child.type in breaks else child.content for child in token.children or [])


def fold(text: str) -> str:
    """Without accents and capitals, as people search."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


def wanted_words(text: str) -> list[str]:
    """The words that somebody looks for."""
    return re.findall(r"[a-z0-9]{2,}", fold(text[:200]))[:8]


def search(text: str, roles: Set[str] = frozenset(), most: int = 20) -> list[Section]:
    """The sections that hold every word (or its beginning): the pages of these roles first, then by the headings."""
    wanted = wanted_words(text)
    if not wanted:
        return []
    found = []
    for page in PAGES:
        for section in shown(page.name).sections:
            heading, words = fold(section.title), fold(f"{section.title} {section.words}")
            if all(re.search(rf"\b{word}", words) for word in wanted):
                rank = (not roles & set(page.roles), -sum(word in heading for word in wanted))
                found.append((rank, section))
    return [section for _rank, section in sorted(found, key=lambda pair: pair[0])][:most]


def snippet(section: Section, text: str) -> SafeString:
    """What a section says around the first of the words looked for, in whole words, each of them marked."""
    wanted, words = wanted_words(text), section.words.split()
    hits = [_begins_with(word, wanted) for word in words]
    start = max((hits.index(True) if True in hits else 0) - WORDS_BEFORE, 0)
    stop = start + WORDS_SHOWN
    said = format_html_join(
        " ",
        "{}",
        (
            (format_html("<mark>{}</mark>", word) if hit else word,)
            for word, hit in zip(words[start:stop], hits[start:stop], strict=True)
        ),
    )
    return format_html("{}{}{}", "… " if start else "", said, " …" if stop < len(words) else "")


def _begins_with(word: str, wanted: list[str]) -> bool:
    return any(part.startswith(tuple(wanted)) for part in re.findall(r"[a-z0-9]+", fold(word))) if wanted else False


def entries() -> list[Section]:
    """Every section in the language in use, with its address and its words: what the palette looks through."""
    return [section for page in PAGES for section in shown(page.name).sections]


def about(route: str) -> str:
    """The address of the section about a page; the table of contents where there is none."""
    page, anchor = ABOUT.get(route, ("", ""))
    return reverse("help-page", args=[page]) + f"#{anchor}" if page else reverse("help")


def pages_for(roles: set[str]) -> list[tuple[Page, Any]]:
    """All pages, those of somebody's roles first, each with what it shows."""
    ordered = sorted(PAGES, key=lambda page: not (roles & set(page.roles)))
    return [(page, shown(page.name)) for page in ordered]
