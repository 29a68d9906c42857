"""What can be done to many orders at once with what this app knows: hold, and let go on."""

from uuid import UUID

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from core import wording
from core.jobs import bulk
from core.jobs.bulk import BulkAction, Refusal, Run
from core.jobs.models import JobRow
from core.permissions import require
from core.problems import Conflict
from orders import holds
from orders.models import Hold, Order
from orders.selectors import FINISHED
from orders.shares import bulk as shares
from orders.states import release_needs

LONGEST_NOTE = 500

__all__ = ["shares"]


def link(row: JobRow) -> str:
    """The page of a row's order."""
    return reverse("order", args=[row.label])


def _kinds() -> list[tuple[str, str]]:
    return [(kind, wording.hold(kind).capitalize()) for kind in Hold.Kind.values]


def _kinds_by_hand() -> list[tuple[str, str]]:
    return [(kind, words) for kind, words in _kinds() if kind != Hold.Kind.PAYMENT]


class HoldForm(forms.Form):
    """Why the orders are stopped."""

    kind = forms.ChoiceField(label=gettext_lazy("Reason"), choices=_kinds_by_hand, initial=Hold.Kind.MANUAL)
    note = forms.CharField(
        label=gettext_lazy("What should be cleared up?"), required=False, max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 3})
    )  # fmt: skip


NOTHING_TO_STOP = (
    Refusal(gettext_lazy("Everything of it has left, or it is cancelled: nothing is left to stop."), Q(status__in=FINISHED)),
)  # fmt: skip


def _units_stopped(found: QuerySet[Order]) -> list[str]:
    units = found.aggregate(n=Sum("units"))["n"] or 0
    stopped = ngettext("%(n)d unit stays where it is.", "%(n)d units stay where they are.", units) % {"n": units}
    return [_("Nothing more is released until somebody lifts the hold. Its units are kept for a time."), stopped]


def hold(order_id: UUID, run: Run) -> str:
    """Hold one order, as its page does."""
    if not holds.open_hold([order_id], run.given["kind"], actor=run.actor, note=run.given["note"]):
        raise Conflict(_("It was already held for this reason."))
    return ""


bulk.register(
    BulkAction(
        name="orders.hold",
        label=gettext_lazy("Hold"),
        title=gettext_lazy("Hold orders"),
        confirm=ngettext_lazy("Hold %(n)d order", "Hold %(n)d orders", "n"),
        permission="orders.hold",
        model=Order,
        act=hold,
        fields=HoldForm,
        refusals=NOTHING_TO_STOP,
        consequence=_units_stopped,
        link=link,
        icon="circle-pause",
    )
)


def _all_kinds() -> list[tuple[str, str]]:
    return [("", _("Whatever they are held for")), *_kinds()]


class ReleaseForm(forms.Form):
    """Which of their holds are lifted."""

    kind = forms.ChoiceField(label=gettext_lazy("Held for"), choices=_all_kinds, required=False)
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=LONGEST_NOTE)


IS_HELD = Exists(Hold.objects.filter(order_id=OuterRef("pk"), status="open"))
NOT_HELD = (Refusal(gettext_lazy("It is not held."), ~Q(IS_HELD)),)


def _goes_on(found: QuerySet[Order]) -> list[str]:
    units = found.aggregate(n=Sum("units"))["n"] or 0
    return [
        ngettext("%(n)d unit goes on to its location.", "%(n)d units go on to their locations.", units) % {"n": units},
        _("A hold for payment, credit or a review of fraud needs the right of those who look after money."),
    ]


def release_hold(order_id: UUID, run: Run) -> str:
    """Lift the holds of one order that were asked for, as its page does. Each needs the permission of its kind."""
    found = Hold.objects.filter(order_id=order_id, status="open").order_by("opened_at")
    wanted = list(found.filter(kind=run.given["kind"]) if run.given["kind"] else found)
    if not wanted:
        raise Conflict(_("It is not held for this reason.") if run.given["kind"] else _("It is not held."))
    for each in wanted:
        require(run.owner, release_needs(each.kind))
        holds.release_hold(each.pk, actor=run.actor, note=run.given["note"])
    return ""


bulk.register(
    BulkAction(
        name="orders.release_hold",
        label=gettext_lazy("Release hold"),
        title=gettext_lazy("Release holds"),
        confirm=ngettext_lazy("Let %(n)d order go on", "Let %(n)d orders go on", "n"),
        permission="orders.release_hold",
        model=Order,
        act=release_hold,
        fields=ReleaseForm,
        refusals=NOT_HELD,
        consequence=_goes_on,
        link=link,
        icon="circle-play",
    )
)
