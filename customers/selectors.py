"""Reads of customers."""

from uuid import UUID

from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Concat

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


def by_id(customer_id: UUID) -> Customer | None:
    """One customer."""
    return Customer.objects.filter(pk=customer_id).first()
