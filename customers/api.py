"""The calls about customers."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from core.calls import Calls, PageQuery, Strict, page
from core.lists import KeysetList
from core.problems import NotFound
from customers.models import Customer

calls = Calls(tags=["customers"])


class CustomerQuery(PageQuery):
    """Which customers; all of them when nothing is named."""

    email: str = Field("", max_length=254, description="in any case of letters")
    external_id: str = Field("", max_length=200)


class CustomerOut(Strict):
    """A person or a firm that buys."""

    id: str
    email: str
    external_id: str
    first_name: str
    last_name: str
    phone: str
    language: str
    country: str
    created_at: str


class CustomerPage(Strict):
    """A page of customers."""

    items: list[CustomerOut]
    next: str | None


def customer_answer(customer: Customer) -> dict[str, Any]:
    """One customer."""
    return {
        "id": str(customer.pk),
        "email": customer.email,
        "external_id": customer.external_id,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "phone": customer.phone,
        "language": customer.language,
        "country": customer.country,
        "created_at": customer.created_at.isoformat(),
    }


@calls.reads("/customers", scope="customers.view", gives=CustomerPage)
def list_customers(request: HttpRequest, query: Query[CustomerQuery]) -> dict[str, Any]:
    """Customers, by e-mail or by another system's number."""
    found = Customer.objects.all()
    if query.email:
        found = found.filter(email__iexact=query.email)
    if query.external_id:
        found = found.filter(external_id=query.external_id)
    part = KeysetList(found).page(query.cursor, query.limit)
    return page(map(customer_answer, part.items), part.next)


@calls.reads("/customers/{uuid:customer_id}", scope="customers.view", gives=CustomerOut)
def read_customer(request: HttpRequest, customer_id: UUID) -> dict[str, Any]:
    """One customer."""
    found = Customer.objects.filter(pk=customer_id).first()
    if found is None:
        raise NotFound(_("There is no such customer."))
    return customer_answer(found)
