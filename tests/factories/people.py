"""People who sign in."""

from uuid import UUID

from django.contrib.auth import get_user_model
from django.test import Client

from core.models import Grant
from core.people.sessions import PROVED
from orders.models import Order


def signed_in(role: str, *, location_id: UUID | None = None, name: str = "") -> Client:
    """A browser in which somebody with this role (everywhere, or at one location; none when it is "") has signed in."""
    user = get_user_model().objects.create_user(name or f"{role}-{get_user_model().objects.count()}")
    if role:
        Grant.objects.create(user=user, role=role, location_id=location_id)
    client = Client()
    client.force_login(user)
    prove(client)
    return client


def prove(client: Client) -> None:
    """The second factor has been shown in this session, where the role needs it."""
    session = client.session
    session[PROVED] = True
    session.save()


def brought_to_counter(client: Client, order: Order, proof: str = "") -> int:
    """Type the order's number and a proof (its e-mail address when none is given); the status of the answer."""
    sent = {"number": order.number, "proof": proof or order.email}
    return client.post("/orders/at-the-counter/", sent).status_code
