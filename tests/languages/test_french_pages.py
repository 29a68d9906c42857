"""Every page in French: no English word is left, and nothing stands there that could not be translated at all."""

import re

import pytest
from babel import Locale
from babel.dates import get_timezone_location
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import translation as languages
from django.utils.translation import trans_real

from accounting.models import Account, JournalEntry
from catalog.models import Product
from core import translation
from core.days import zone_names
from core.models import TimelineEntry
from core.templatetags import ui
from notifications.models import Message
from orders.models import Hold, Order, OrderLine
from tests.factories.messages import message
from tests.factories.orders import packed, placed, released, shipped
from tests.factories.people import signed_in
from tests.factories.world import MUG, small_world
from tests.languages.walk import pages, texts_of

pytestmark = pytest.mark.django_db

OF_THEIR_OWN = {"English"}
"""Words that a language has for itself."""

IN_ANOTHER_LANGUAGE = ("/t/", "/paid/", "/styleguide/")
"""What a customer reads is in the language of the order; the style guide names parts of the code."""


@pytest.fixture
def company() -> None:
    small_world()
    held, backordered, late = placed(), placed(), placed()
    released({MUG: 1})
    packed({MUG: 1})
    order, _work = shipped()
    Hold.objects.create(order=held, kind="address", note="", opened_by="rules")
    Order.objects.filter(pk=held.pk).update(status="on_hold")
    Order.objects.filter(pk=backordered.pk).update(status="backordered")
    Order.objects.filter(pk=late.pk).update(promise_latest="2026-01-05")
    message(about=order.pk)


@pytest.fixture
def reader(company: None) -> Client:
    client = signed_in("admin")
    client.post("/language/", {"language": "fr"})
    return client


def test_no_english_message_is_left_on_a_french_page(reader: Client) -> None:
    english = {
        translation.key(each)[1]: each.string
        for each in translation.load("fr")
        if each.id and isinstance(each.id, str) and "%(" not in each.id and translation.key(each)[1] != each.string
    }
    french = {each.string for each in translation.load("fr") if each.id and isinstance(each.string, str)}
    given = OF_THEIR_OWN | data_of_the_company()
    left = {
        f"{address}: {text}"
        for address, page in pages(reader)
        if not address.startswith(IN_ANOTHER_LANGUAGE)
        for text in texts_of(page)
        if text in english and text not in french | given
    }

    assert not left, "\n".join(sorted(left))


# A language in which every message is marked shows what has no message at all.


class Marked(trans_real.DjangoTranslation):
    """Gettext that puts ⟦ ⟧ around every message. A message with a context comes as both, with a sign between."""

    def gettext(self, message: str) -> str:
        return f"⟦{message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]}⟧" if message.strip() else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    with languages.override("fr"):
        monkeypatch.setitem(vars(trans_real)["_translations"], "fr", Marked("fr"))
    for kept in ("_written_moment", "_written_day"):
        monkeypatch.setattr(ui, kept, getattr(ui, kept).__wrapped__)


DAYS = re.compile(
    r"\b(?:(?:lun|mar|mer|jeu|ven|sam|dim)(?:\.|di|credi|dredi|edi|anche)?|janv\.?|janvier|févr\.|février|mars|avr\.|avril|mai"
    r"|juin|juil\.|juillet|août|sept\.|septembre|oct\.|octobre|nov\.|novembre|déc\.|décembre)(?!\w)",
    re.IGNORECASE,
)
NO_WORD = re.compile(r"\S*[\d@_]\S*|\b[a-z]+[.:][a-z_.]+\b|\b[A-Z]{2,}(?:-[A-Z]+)*\b")
"""Numbers of things, addresses, names of permissions and of parties, codes of currencies and countries."""

BREAK = "\x1f"


def outside_of_marks(texts: list[str]) -> list[str]:
    """What is left of a page's texts without its messages, which may span several of them."""
    page, before = BREAK.join(texts), ""
    while before != page:
        before, page = page, re.sub(r"⟦[^⟦⟧]*⟧", " ", page)
    return [text.strip() for text in page.split(BREAK)]


def cldr() -> set[str]:
    """Countries, languages and cities of time zones: the words of a language that babel knows."""
    french = Locale.parse("fr")
    cities = {str(get_timezone_location(name, locale="fr", return_city=True)) for name in zone_names() - {"UTC"}}
    return {str(name) for name in (*french.territories.values(), *french.languages.values())} | cities


def data_of_the_company() -> set[str]:
    """Names that people gave: theirs, of products, places, accounts, what they wrote."""
    words = {str(account.name) for account in Account.objects.all()}
    words |= set(JournalEntry.objects.values_list("label", flat=True))
    words |= {name for product in Product.objects.all() for name in product.names.values()}
    words |= set(Product.objects.values_list("category", flat=True))
    words |= set(OrderLine.objects.values_list("name", flat=True))
    words |= {user.get_full_name() or user.get_username() for user in get_user_model().objects.all()}
    words |= set(Message.objects.values_list("subject", flat=True))
    words |= set(TimelineEntry.objects.values_list("actor", flat=True))
    return {word for word in words if word}


NAMES = {
    "Maison Lumen", "Anne Bertin", "Lyon warehouse", "Paris shop", "Lyon, France", "Lyon", "Paris", "rue", "Web", "postal", "standard",
    "Français", "English", "carrier:postal", "rules", "table", "tests", "Ctrl", "Enter", "Esc",
}  # fmt: skip
"""What the small company is made of."""

ELSEWHERE = ("/help/", "/t/", "/styleguide/", "/health/", "/mail/")
"""Pages whose text is written per language in files of their own (help), or shown in the language of somebody else (the
customer's page and letters), or examples (style guide, checked by the catalogue's own test)."""


def _is_data(text: str, names: list[str]) -> bool:
    """Whether nothing is left of a text once the names, days and numbers in it are taken away."""
    for name in names:
        text = text.replace(name, " ")
    left = NO_WORD.sub(" ", DAYS.sub(" ", text))
    return not re.search(r"[A-Za-zÀ-ÿ]{3,}", left)


def test_every_word_of_a_page_can_be_translated(reader: Client, marked: None) -> None:
    names = sorted(NAMES | data_of_the_company(), key=len, reverse=True)
    known = {word.casefold() for word in cldr()}
    found = {
        f"{address}: {text}"
        for address, page in pages(reader)
        if not address.startswith(ELSEWHERE)
        for text in outside_of_marks(texts_of(page))
        if text.casefold() not in known and not _is_data(text, names)
    }

    assert not found, "\n".join(sorted(found))
