"""What can be done to many exceptions at once: say whose they are, and how they were settled."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import F, OuterRef, Q, Subquery, TextField
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from core.incidents import assign, resolve_incidents
from core.jobs import bulk
from core.jobs.bulk import BulkAction, Refusal, Run
from core.models import Incident
from core.permissions import allows, require
from core.problems import Conflict, Invalid, NotFound
from inventory.models import Stock
from orders.models import Order

NEEDS = "incidents.resolve"
NOBODY, ME = "nobody", "me"
SUBJECT = Coalesce(
    Subquery(Order.objects.filter(pk=OuterRef("about")).values("number")[:1]),
    Subquery(Stock.objects.filter(pk=OuterRef("about")).values("variant__sku")[:1]),
    F("kind"),
    output_field=TextField(),
)


def _people() -> list[tuple[str, str]]:
    """Who may settle exceptions somewhere."""
    known: Any = get_user_model().objects.filter(is_active=True, grants__isnull=False).distinct().order_by("username")
    able = [(str(user.pk), user.get_full_name() or user.get_username()) for user in known if allows(user, NEEDS)]
    return [(ME, _("Myself")), (NOBODY, _("Nobody")), *able]


class OwnerForm(forms.Form):
    """Who looks after them."""

    to = forms.ChoiceField(label=gettext_lazy("Owner"), choices=_people)


class HowForm(forms.Form):
    """How they were settled."""

    resolution = forms.CharField(label=gettext_lazy("How was it settled?"), max_length=500)


SOLVED = gettext_lazy("This exception is solved already.")
IS_SOLVED = (Refusal(SOLVED, Q(resolved_at__isnull=False)),)


def _open(incident_id: UUID, run: Run) -> Incident:
    found = Incident.objects.filter(pk=incident_id).first()
    if found is None:
        raise NotFound(_("There is no such exception."))
    require(run.owner, NEEDS, found.location_id)
    return found


def give(incident_id: UUID, run: Run) -> str:
    """Say who looks after one exception."""
    _open(incident_id, run)
    assign(incident_id, actor=run.actor, to=_person(run))
    return ""


def _person(run: Run) -> Any:
    wanted = run.given["to"]
    if wanted in (ME, NOBODY):
        return run.owner if wanted == ME else None
    to = get_user_model().objects.filter(pk=wanted, is_active=True).first()
    if to is None or not allows(to, NEEDS):
        raise Invalid(_("This person may not settle exceptions any more."))
    return to


def settle(incident_id: UUID, run: Run) -> str:
    """Settle one exception, as the page of its order does."""
    found = _open(incident_id, run)
    said = run.given["resolution"]
    if found.resolved_at or not resolve_incidents(found.kind, about=found.about, actor=run.actor, resolution=said):
        raise Conflict(str(SOLVED))
    return ""


bulk.register(
    BulkAction(
        name="incidents.assign",
        label=gettext_lazy("Give to"),
        title=gettext_lazy("Say whose they are"),
        confirm=ngettext_lazy("Give %(n)d exception", "Give %(n)d exceptions", "n"),
        permission=NEEDS,
        model=Incident,
        act=give,
        fields=OwnerForm,
        refusals=IS_SOLVED,
        named_by=SUBJECT,
        icon="user",
    )
)
bulk.register(
    BulkAction(
        name="incidents.resolve",
        label=gettext_lazy("Settle"),
        title=gettext_lazy("Settle exceptions"),
        confirm=ngettext_lazy("Settle %(n)d exception", "Settle %(n)d exceptions", "n"),
        permission=NEEDS,
        model=Incident,
        act=settle,
        fields=HowForm,
        refusals=IS_SOLVED,
        named_by=SUBJECT,
        icon="circle-check",
    )
)
