"""What can be done to many purchase orders at once: send drafts to their vendors."""

from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from core.jobs import bulk
from core.jobs.bulk import BulkAction, Refusal, Run
from core.permissions import require
from core.problems import NotFound
from purchasing.models import PurchaseOrder
from purchasing.ordering import send
from purchasing.selectors import visible


def _on_their_way(found: QuerySet[PurchaseOrder]) -> list[str]:
    units = PurchaseOrder.objects.filter(pk__in=found.values("pk")).aggregate(n=Sum("lines__ordered"))["n"] or 0
    return [ngettext("%(n)d unit is on its way then.", "%(n)d units are on their way then.", units) % {"n": units}]


def send_one(order_id: UUID, run: Run) -> str:
    """Send one draft, for those who buy for its place."""
    order = visible(run.owner).filter(pk=order_id).first()
    if order is None:
        raise NotFound
    require(run.owner, "purchasing.manage", order.location_id)
    send(order.pk, actor=run.actor)
    return ""


bulk.register(
    BulkAction(
        name="purchasing.send",
        label=gettext_lazy("Send to the vendor"),
        title=gettext_lazy("Send purchase orders"),
        confirm=ngettext_lazy("Send %(n)d order", "Send %(n)d orders", "n"),
        permission="purchasing.manage",
        model=PurchaseOrder,
        act=send_one,
        refusals=(Refusal(gettext_lazy("It is no draft any more."), ~Q(status="draft")),),
        consequence=_on_their_way,
        link=lambda row: reverse("purchase-order", args=[row.label]),
        icon="send",
    )
)
