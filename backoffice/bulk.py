"""What can be done to many exceptions at once: say whose they are, and how they were settled."""

from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, Subquery, TextField
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy, ngettext_lazy

from backoffice import incident_acts as acts
from core.jobs import bulk
from core.jobs.bulk import BulkAction, Refusal, Run
from core.jobs.models import Job
from core.models import Incident
from inventory.models import Stock
from orders.models import Order

SUBJECT = Coalesce(
    Subquery(Order.objects.filter(pk=OuterRef("about")).values("number")[:1]),
    Subquery(Stock.objects.filter(pk=OuterRef("about")).values("variant__sku")[:1]),
    F("kind"),
    output_field=TextField(),
)
IS_SOLVED = (Refusal(acts.SOLVED, Q(resolved_at__isnull=False)),)


def _offer(form: Any, job: Job) -> None:
    """Those who may settle exceptions wherever the chosen ones are."""
    chosen = Incident.objects.filter(pk__in=job.rows.values("key"), resolved_at=None).order_by()
    form.offer(set(chosen.values_list("location_id", flat=True).distinct()))


def give(incident_id: UUID, run: Run) -> str:
    """Say who looks after one exception."""
    acts.give(acts.own(run.owner, incident_id), run.given["to"], user=run.owner)
    return ""


def settle(incident_id: UUID, run: Run) -> str:
    """Settle one exception, as its page does."""
    acts.settle(acts.own(run.owner, incident_id), run.given["resolution"], user=run.owner)
    return ""


bulk.register(
    BulkAction(
        name="incidents.assign",
        label=gettext_lazy("Give to"),
        title=gettext_lazy("Say whose they are"),
        confirm=ngettext_lazy("Give %(n)d exception", "Give %(n)d exceptions", "n"),
        permission=acts.NEEDS,
        model=Incident,
        act=give,
        fields=acts.OwnerForm,
        offer=_offer,
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
        permission=acts.NEEDS,
        model=Incident,
        act=settle,
        fields=acts.HowForm,
        refusals=IS_SOLVED,
        named_by=SUBJECT,
        icon="circle-check",
    )
)
