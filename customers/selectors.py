"""Reads of customers."""

from uuid import UUID

from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Concat

from core.lists.searching import among_newest, found_by
from customers.models import Customer


def listed(text: str = "") -> QuerySet[Customer]:
    """Customers whose name, e-mail, telephone or number in another system holds the text; all when it is empty."""
    found = Customer.objects.all()
    text = text.strip()
    if not text:
        return found
    if "@" in text:
        return found.filter(email__iexact=text)
    named = found.annotate(full_name=Concat("first_name", Value(" "), "last_name", output_field=TextField()))
    digits = "".join(c for c in text if c.isdigit())
    wanted = Q(full_name__icontains=text) | Q(email__istartswith=text) | Q(external_id=text)
    return named.filter(wanted | Q(phone__endswith=digits[-8:]) if len(digits) >= 6 else wanted)


KIND = "customer"
"""How the index of words calls them."""
REGIONS = ("FR", "GB", "CH", "DE", "BE")
"""Countries whose telephone numbers are typed without their code."""


def matching(text: str) -> set[UUID]:
    """The customers that a text finds, at most so many as a list shows."""
    return found_by(KIND, text, regions=REGIONS) | among_newest(listed(text))


def by_id(customer_id: UUID) -> Customer | None:
    """One customer."""
    return Customer.objects.filter(pk=customer_id).first()
