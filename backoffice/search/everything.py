"""A search over all kinds, of those things that somebody may see."""

from dataclasses import dataclass, field

from django.http import HttpRequest

from backoffice import reach
from backoffice.search import customers, orders, products, serials
from backoffice.search.asked import Asked
from backoffice.search.hits import EXACT, Group, Hit
from backoffice.search.indexing import CUSTOMER, ORDER
from backoffice.search.orders import MOST_SIFTED
from core import search
from core.permissions import allows
from core.search import Found

PEOPLE = (ORDER, CUSTOMER)


@dataclass(frozen=True)
class Results:
    """What was found, by kind; kinds without anything are left out."""

    asked: Asked
    groups: list[Group] = field(default_factory=list)

    @property
    def only(self) -> Hit | None:
        """The one thing that the text names and no other: a scan or a number typed in full leads there."""
        exact = {hit.url: hit for group in self.groups for hit in group.hits if hit.rank == EXACT}
        return next(iter(exact.values())) if len(exact) == 1 else None

    @property
    def count(self) -> int:
        """Things shown."""
        return sum(len(group.hits) for group in self.groups)


def look(request: HttpRequest, text: str, most: int) -> Results:
    """All that the text finds, at most so many of a kind. The number of statements does not depend on what is found."""
    asked = Asked.of(text)
    if not asked.text:
        return Results(asked)
    groups = _groups(request, asked, most)
    if not groups and asked.has_letters and not asked.is_too_short:
        groups = _groups(request, asked, most, alike=True)
    return Results(asked, groups)


def _groups(request: HttpRequest, asked: Asked, most: int, *, alike: bool = False) -> list[Group]:
    user, groups = request.user, []
    deep = MOST_SIFTED if reach.is_limited(user) else most
    named = _named(asked, deep, alike=alike)
    who = customers.merged(customers.known(asked), named[CUSTOMER])[:most]
    if allows(user, "orders.view"):
        numbered = {} if alike else orders.by_number(asked, deep)
        found = orders.merged(numbered, orders.by_people(asked, named[ORDER], who, deep))
        groups.append(orders.group(request, asked, found, most))
    if allows(user, "customers.view"):
        groups.append(customers.group(asked, who, most))
    if allows(user, "stock.view"):
        groups.append(products.group(asked, most, alike=alike))
        if not alike:
            groups.append(serials.group(asked, most))
    return _best_first(asked, [group for group in groups if group.hits])


def _named(asked: Asked, most: int, *, alike: bool) -> dict[str, list[Found]]:
    """Orders and customers by the words, the address or the telephone number that it may be."""
    if asked.email:
        return search.find_email(PEOPLE, asked.email, most)
    if asked.phone:
        return search.find_phone(PEOPLE, asked.phone, most)
    if asked.has_letters and not asked.is_too_short:
        return search.find(PEOPLE, asked.text, most, alike=alike)
    return {kind: [] for kind in PEOPLE}


def _best_first(asked: Asked, groups: list[Group]) -> list[Group]:
    """A kind that the text names exactly stands before the others, then people where it may be a name."""
    may_be_name = asked.has_letters and not any(letter.isdigit() for letter in asked.text)

    def place(group: Group) -> tuple[bool, bool]:
        exact = min(hit.rank for hit in group.hits) == EXACT
        return not exact, not (may_be_name and group.kind == CUSTOMER)

    return sorted(groups, key=place)
