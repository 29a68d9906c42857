"""What a text finds in a list: by the index of words, which lags a moment behind, and among the newest rows themselves.

The answer is a set of keys of a bounded size, so that a search costs the same in a list of any length.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core import search
from core.search.terms import code_term, email_term

MOST_FOUND = 1_000
NEWEST = 300
"""Rows that may not stand in the index yet; they are read themselves."""


def found_by(kind: str, text: str, *, regions: Iterable[str] = ()) -> set[UUID]:
    """The things of a kind that a text names: an e-mail address, a telephone number, a number of another system, words."""
    if "@" in text:
        found = search.find_email([kind], email_term(text), MOST_FOUND)[kind]
    else:
        found = search.find([kind], text, MOST_FOUND)[kind]
        asked = search.asked_phone(text, regions)
        if asked is not None:
            found = [*found, *search.find_phone([kind], asked, MOST_FOUND)[kind]]
        found = [*found, *_by_code(kind, text)]
    return {each.id for each in found}


def _by_code(kind: str, text: str) -> Sequence[search.Found]:
    """By the number that another system gave, which is looked up as an address is: whole, or its beginning."""
    term = code_term(text)
    return search.find_email([kind], term, MOST_FOUND)[kind] if len(term) > 3 else []


def among_newest(fitting: QuerySet[Any]) -> set[Any]:
    """The keys of those that are among the newest rows."""
    newest = fitting.model._default_manager.order_by("-id").values("pk")[:NEWEST]
    return set(fitting.order_by().filter(pk__in=newest).values_list("pk", flat=True))
