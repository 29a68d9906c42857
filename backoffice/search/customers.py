"""Customers: by name, e-mail address, telephone number or the number another system gave them."""

from collections.abc import Sequence
from itertools import chain
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.search.asked import Asked
from backoffice.search.hits import EXACT, Group, Hit
from backoffice.search.indexing import CUSTOMER
from core.db import rows
from core.search import Found
from customers.models import Customer

# By what has an index of its own, so that somebody who came a moment ago is found.
KNOWN = """
SELECT id FROM customers_customer WHERE lower(email) = %(email)s AND email <> ''
UNION ALL
SELECT id FROM customers_customer WHERE external_id = ANY(%(codes)s::text[]) AND external_id <> ''
"""


def known(asked: Asked) -> list[Found]:
    """Customers whose e-mail address or number elsewhere it is: one statement."""
    told = {"email": asked.text.lower() if asked.email else "", "codes": asked.codes}
    return [Found(row.id, EXACT) for row in rows(KNOWN, told)]


def merged(*several: Sequence[Found]) -> list[Found]:
    """All of them, each by the best of its ranks, the best first, then the newest."""
    best = {each.id: each for each in sorted(chain(*several), key=lambda found: -found.rank)}
    return sorted(best.values(), key=lambda each: (-each.rank, each.id), reverse=True)


def group(asked: Asked, found: Sequence[Found], most: int) -> Group:
    """The best of them. A name is nobody's alone, so that only an address or number counts as exact."""
    people = Customer.objects.in_bulk([each.id for each in found[:most]])
    certain = bool(asked.email or asked.phone or not asked.has_letters)
    hits = [
        Hit(
            url=reverse("customer", args=[each.id]), title=people[each.id].name,
            note=" · ".join(filter(None, (people[each.id].email, people[each.id].phone))),
            rank=each.rank if certain or each.rank != EXACT else EXACT + 1,
        )
        for each in found[:most]
        if each.id in people
    ]  # fmt: skip
    address = f"{reverse('customers')}?{urlencode({'q': asked.text})}"
    return Group(
        kind=CUSTOMER, label=_("Customers"), icon="users", hits=hits,
        more=address if len(hits) == most else "", more_label=_("All customers that match"),
    )  # fmt: skip
