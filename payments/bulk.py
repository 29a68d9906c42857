"""What can be done to the payments of many orders at once: ask for them again."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from core.jobs import bulk
from core.jobs.bulk import BulkAction, Refusal, Run
from core.money import display
from core.problems import Conflict
from orders.bulk import link
from orders.models import Order
from payments.models import Payment
from payments.services import pay_again
from payments.states import PAYMENT

OPEN_TO = PAYMENT.table["ask_again"][0]
"""The states of a payment in which the customer may be asked once more."""


def _waiting() -> QuerySet[Payment]:
    return Payment.objects.filter(status__in=OPEN_TO, tender="card")


NONE_WAITS = gettext_lazy("None of its payments by card has failed or waits for the customer.")
NOTHING_TO_ASK = (
    Refusal(gettext_lazy("It is cancelled: nothing is left to pay for."), Q(status="cancelled")),
    Refusal(NONE_WAITS, ~Q(Exists(_waiting().filter(order_id=OuterRef("pk"))))),
)


def _sums_asked(found: QuerySet[Order]) -> list[str]:
    sums = _waiting().filter(order__in=found).values_list("currency").annotate(sum=Sum("amount")).order_by("currency")
    asked = " + ".join(display(amount, currency) for currency, amount in sums)
    count = found.count()
    letters = ngettext("%(n)d customer gets a mail with a new link to pay.", "%(n)d customers get a mail with a new link to pay.", count)  # fmt: skip
    return [letters % {"n": count}, _("%(sums)s is asked for. What was tried before is given up.") % {"sums": asked}]


def ask_again(order_id: UUID, run: Run) -> str:
    """A new link to pay for each payment of one order that waits for its customer, as the order's page does."""
    waiting = list(_waiting().filter(order_id=order_id).order_by("id").values_list("pk", flat=True))
    if not waiting:
        raise Conflict(str(NONE_WAITS))
    for payment_id in waiting:
        pay_again(payment_id, actor=run.actor)
    return ""


bulk.register(
    BulkAction(
        name="orders.pay_again",
        label=gettext_lazy("Send link to pay"),
        title=gettext_lazy("Send links to pay"),
        confirm=ngettext_lazy("Send %(n)d link", "Send %(n)d links", "n"),
        permission="payments.collect",
        model=Order,
        act=ask_again,
        refusals=NOTHING_TO_ASK,
        consequence=_sums_asked,
        link=link,
        icon="credit-card",
    )
)
