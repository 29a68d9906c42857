"""Ordering under a name, and asking as the palette and the page do."""

from typing import Any

from django.test import Client

from orders.models import Order
from tests.factories.orders import placed


def bought(first: str, last: str, *, email: str = "", phone: str = "", **more: Any) -> Order:
    """An order of somebody in Lyon."""
    email = email or f"{first}.{last}@example.com".lower().encode("ascii", "ignore").decode()
    customer = {"email": email, "first_name": first, "last_name": last, "phone": phone}
    address = {"name": f"{first} {last}", "line1": "1 rue X", "postal_code": "69001", "city": "Lyon", "country": "FR"}
    return placed(customer=customer, shipping_address=address, **more)


def found(client: Client, text: str) -> dict[str, list[str]]:
    """What the palette shows for a text: titles by kind."""
    answer = client.get("/search/palette/", {"q": text})
    assert answer.status_code == 200
    return {group.kind: [hit.title for hit in group.hits] for group in answer.context["results"].groups}


def leads_to(client: Client, text: str) -> str:
    """Where Enter leads: the address of the one thing that the text names, or "" for the page of all that was found."""
    answer = client.get("/search/", {"q": text})
    return str(answer["Location"]) if answer.status_code == 302 else ""
