"""What can be done to many differences at once: post them, or leave the books as they are."""

from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from core.jobs import bulk
from core.jobs.bulk import BulkAction, Refusal, Run
from core.money import display
from core.permissions import require
from core.problems import NotFound
from inventory.counts import settling
from inventory.counts.forms import ReasonForm
from inventory.counts.selectors import APPROVE, differences
from inventory.models import CountLine

SETTLED = Refusal(gettext_lazy("It is settled already, or is being counted again."), ~Q(status="approve"))


def _line(line_id: UUID, run: Run) -> CountLine:
    line = differences(run.owner).filter(pk=line_id).first()
    if line is None:
        raise NotFound
    require(run.owner, APPROVE, line.spot.count.location_id)
    return line


def approve_one(line_id: UUID, run: Run) -> str:
    """Post one difference, as it was when it was counted."""
    line = settling.approve(_line(line_id, run).pk, reason=run.given["reason"], actor=run.actor)
    return _("%(n)+d posted.") % {"n": line.posted}


def decline_one(line_id: UUID, run: Run) -> str:
    """Leave the books of one as they are."""
    settling.decline(_line(line_id, run).pk, reason=run.given["reason"], actor=run.actor)
    return ""


def _worth(found: QuerySet[CountLine]) -> list[str]:
    value = found.aggregate(n=Sum("value", default=Decimal(0)))["n"]
    return [
        _("The stock is worth %(value)s more then (less, where it is negative).") % {"value": display(value, "EUR")}
    ]


APPROVING = bulk.register(
    BulkAction(
        name="counts.approve",
        label=gettext_lazy("Post"),
        title=gettext_lazy("Post differences"),
        confirm=ngettext_lazy("Post %(n)d difference", "Post %(n)d differences", "n"),
        permission=APPROVE,
        model=CountLine,
        act=approve_one,
        fields=ReasonForm,
        refusals=(SETTLED,),
        consequence=_worth,
        named_by="variant__sku",
        link=lambda row: reverse("count-line", args=[row.key]),
        icon="check",
    )
)
DECLINING = bulk.register(
    BulkAction(
        name="counts.decline",
        label=gettext_lazy("Do not post"),
        title=gettext_lazy("Leave the books as they are"),
        confirm=ngettext_lazy("Do not post %(n)d difference", "Do not post %(n)d differences", "n"),
        permission=APPROVE,
        model=CountLine,
        act=decline_one,
        fields=ReasonForm,
        refusals=(SETTLED,),
        named_by="variant__sku",
        link=lambda row: reverse("count-line", args=[row.key]),
        icon="x",
    )
)
ACTIONS = (APPROVING, DECLINING)
