"""The list of customers."""

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core.lists import Column, ListSpec, Period, Sort, Tab, Text, registry
from core.templatetags.ui import when
from customers.models import Customer
from customers.selectors import matching


def address(customer: Customer) -> str:
    """The page of a customer."""
    return reverse("customer", args=[customer.pk])


def _name(customer: Customer) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', address(customer), customer.name)


def _search(found: QuerySet[Customer], text: str) -> QuerySet[Customer]:
    return found.filter(pk__in=matching(text))


CUSTOMERS = registry.register(
    ListSpec(
        name="customers",
        model=Customer,
        title=_("Customers"),
        subtitle=_("Everybody who has ordered, and how to reach them"),
        none_fits=_("Nobody is found by this"),
        nothing_yet=_("Customers stand here by themselves when they order for the first time."),
        permission="customers.view",
        base=lambda user: Customer.objects.all(),
        columns=(
            Column(
                name="name",
                label=_("Name"),
                value=lambda c: c.name,
                cell=_name,
                sort="last_name",
                fixed=True,
            ),
            Column(name="email", label=_("E-mail"), value=lambda c: c.email, phone="full", css="break-all"),
            Column(name="phone", label=_("Telephone"), value=lambda c: c.phone, phone="full", css="num"),
            Column(name="country", label=_("Country"), value=lambda c: c.country, phone="hide", shown=False),
            Column(
                name="external",
                label=_("Number"),
                value=lambda c: c.external_id,
                phone="hide",
                css="num muted",
                shown=False,
            ),
            Column(
                name="since",
                label=_("Since"),
                value=lambda c: c.created_at,
                cell=lambda c: when(c.created_at, "day"),
                sort="created_at",
                first="-",
                phone="end",
                css="muted",
            ),
            Column(name="first_name", label=_("First name"), value=lambda c: c.first_name, phone="hide", shown=False),
            Column(name="last_name", label=_("Last name"), value=lambda c: c.last_name, phone="hide", shown=False),
            Column(name="language", label=_("Language"), value=lambda c: c.language, phone="hide", shown=False),
        ),
        filters=(
            Period(name="since", since="since_from", until="since_to", label=_("Since"), field="created_at"),
            Text(name="country", label=_("Country"), field="country__iexact"),
        ),
        tabs=(Tab(name="all", label=_("All")), Tab(name="new", label=_("New this week"), query="since=last-7-days")),
        sort="-since",
        sorts=(
            Sort(label=_("Newest first"), by="-since"),
            Sort(label=_("Oldest first"), by="since"),
            Sort(label=_("By family name"), by="name"),
        ),
        search=_search,
        search_hint=_("Name, e-mail, telephone, number"),
        link=address,
        route="customers",
        icon="users",
    )
)
