"""Putting right what is on file about a customer."""

from dataclasses import asdict, dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.outbox import publish
from core.problems import Conflict, Invalid, NotFound
from core.timeline import record
from core.versions import Stale
from customers.events import CustomerChanged
from customers.models import Customer


@dataclass(frozen=True, slots=True)
class Particulars:
    """What can be changed: how they are called, reached and addressed."""

    first_name: str
    last_name: str
    email: str
    phone: str
    language: str


def edit_customer(customer_id: UUID, given: Particulars, *, actor: Actor, version: str = "") -> Customer:
    """Change a customer, told field by field in the timeline; a second identical call changes nothing.

    `version` is the one that the editor saw ("": whichever stands); Stale when somebody was faster. Conflict when the
    e-mail address belongs to somebody else.
    """
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
        if customer is None:
            raise NotFound(_("There is no such customer."))
        changed = {
            name: [getattr(customer, name), value]
            for name, value in asdict(given).items()
            if getattr(customer, name) != value
        }
        if not changed:
            return customer
        if version and version != str(customer.version):
            raise Stale(customer.pk, customer.version)
        if not (given.first_name or given.last_name or given.email or customer.external_id):
            raise Invalid.field(["last_name"], _("Give a name or an e-mail address, so that they can be found again."))
        _save(customer, given, changed)
        record(customer.pk, "customer.edit", actor=actor, data={"changes": changed})
        publish([CustomerChanged(about=customer.pk)])
    return customer


def _save(customer: Customer, given: Particulars, changed: dict[str, list[str]]) -> None:
    for name in changed:
        setattr(customer, name, getattr(given, name))
    customer.version += 1
    try:
        with transaction.atomic():
            customer.save(update_fields=[*changed, "version"])
    except IntegrityError as error:
        raise Conflict(
            _("Another customer has the e-mail address %(email)s.") % {"email": given.email},
            errors=[{"loc": ["email"], "msg": _("Another customer has this address.")}],
        ) from error
