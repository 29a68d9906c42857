"""The public page of an order: the answer in a sentence, then the proof."""

from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.addresses import town
from core.money import display
from returns.models import Return
from tracking.parcels import Item, Parcel, parcels_of
from tracking.selectors import Facts, unfinished
from tracking.wording import number_word, on_day, until


@dataclass(frozen=True)
class Note:
    """Something beside the parcels that the customer should know."""

    tone: str
    icon: str
    text: str


@dataclass(frozen=True)
class Pay:
    """What the customer can do about a payment: go to the bank's or the provider's page, or take another card."""

    url: str
    go: str
    can_change: bool
    until: str


@dataclass(frozen=True)
class Back:
    """A return as its customer sees it."""

    rma: str
    status: str
    items: list[Item]


@dataclass(frozen=True)
class Story:
    """All that the page says. Without proof (`personal` False) nothing in it tells who, where or what."""

    number: str
    headline: str
    lead: str
    personal: bool
    parcels: list[Parcel]
    pay: Pay | None = None
    notes: list[Note] = field(default_factory=list)
    returns: list[Back] = field(default_factory=list)
    cancelled: list[Item] = field(default_factory=list)
    name: str = ""
    address: list[str] = field(default_factory=list)


def tell(facts: Facts, *, personal: bool) -> Story:
    """The story of an order as it stands now, in the active language."""
    parcels = [] if facts.order.status == "cancelled" else parcels_of(facts, personal=personal)
    headline, lead = _headline(facts, parcels)
    dropped = [Item(line.cancelled, line.name) for line in facts.lines if line.cancelled]
    return Story(
        number=facts.order.number,
        headline=headline,
        lead=lead,
        personal=personal,
        parcels=parcels,
        pay=_pay(facts),
        notes=_notes(facts, personal),
        returns=[_back(r, personal) for r in facts.returns if r.status != "cancelled"],
        cancelled=dropped if personal else [],
        name=facts.order.customer_name if personal else "",
        address=_address(facts) if personal and parcels else [],
    )


def _headline(facts: Facts, parcels: list[Parcel]) -> tuple[str, str]:
    """The one sentence, and one more that says what it means."""
    if facts.order.status == "cancelled":
        return _("Your order is cancelled."), _("Nothing will be sent.")
    if facts.order.status in ("delivered", "completed") and not parcels:
        return _("Your order is complete."), ""
    if facts.holds:
        return _held(facts)
    if _all_returned(facts):
        return _("Your return has arrived with us."), ""
    arrived = [p for p in parcels if p.stage == "arrived"]
    moving = [p for p in parcels if p.stage == "moving"]
    stuck = [p for p in parcels if p.stage == "stuck"]
    ahead = len(parcels) - len(arrived) - len(moving) - len(stuck)
    if stuck and len(parcels) == 1:
        return _stuck(stuck[0]), ""
    if moving:
        return _on_the_way(moving, len(arrived)), _remainder(ahead, len(stuck))
    if stuck:
        return _("One of your parcels needs attention."), _remainder(ahead, 0)
    if arrived and not ahead:
        return _all_arrived(len(arrived)), ""
    if arrived:
        return _some_arrived(len(arrived)), _remainder(ahead, 0)
    return _preparing(facts, parcels)


def _held(facts: Facts) -> tuple[str, str]:
    if "payment" not in facts.holds:
        return _("We are checking your order."), _(
            "It leaves as soon as that is done. There is nothing you need to do."
        )
    waits = unfinished(facts.payments)
    if waits is None:
        return _("Your payment is being confirmed."), _("That takes a moment. Then we prepare your order.")
    if waits.status == "failed":
        return _("Your payment did not go through."), _("Nothing was charged, and your order is kept for you.")
    if waits.status == "requires_action" and waits.token:
        return _("Your payment waits for you."), _("Your bank asks you to confirm it. The order leaves after that.")
    return _("Your payment waits for you."), _("The order leaves as soon as it is paid.")


def _pay(facts: Facts) -> Pay | None:
    payment = unfinished(facts.payments)
    if payment is None or "payment" not in facts.holds or facts.order.status == "cancelled":
        return None
    by_bank = bool(payment.token)
    url = payment.action_url if payment.status == "requires_action" else ""
    return Pay(
        url=url,
        go=_("Confirm with your bank") if by_bank else _("Go to the payment page"),
        can_change=by_bank or not url,
        until=until(facts.pay_until),
    )


def _all_returned(facts: Facts) -> bool:
    sent = sum(line.shipped for line in facts.lines)
    return bool(sent) and sum(line.returned for line in facts.lines) == sent


def _stuck(parcel: Parcel) -> str:
    return {
        "attempt_failed": _("The carrier could not hand over your parcel yet."),
        "available_for_pickup": _("Your parcel waits for you at the pickup point."),
        "lost": _("The carrier cannot find your parcel."),
        "returned_to_sender": _("Your parcel is on its way back to us."),
    }.get(parcel.status, _("Your parcel is held up on the way."))


def _on_the_way(moving: list[Parcel], arrived: int) -> str:
    days = sorted(parcel.due for parcel in moving if parcel.due)
    count = {"count": number_word(len(moving)), "day": on_day(days[0]) if days else ""}
    if not days:
        return ngettext("Your parcel is on its way.", "%(count)s parcels are on their way.", len(moving)) % count
    if days[0] < timezone.localdate():
        return (
            ngettext(
                "Your parcel is still on its way, later than planned.",
                "%(count)s parcels are still on their way, later than planned.",
                len(moving),
            )
            % count
        )
    if arrived:
        return (
            ngettext(
                "One more parcel is on its way, it arrives %(day)s.",
                "%(count)s more parcels are on their way, the next arrives %(day)s.",
                len(moving),
            )
            % count
        )
    if len(moving) > 1 and _same(days):
        return _("%(count)s parcels are on their way, they arrive %(day)s.") % count
    return (
        ngettext(
            "Your parcel is on its way, it arrives %(day)s.",
            "%(count)s parcels are on their way, the first arrives %(day)s.",
            len(moving),
        )
        % count
    )


def _same(days: list[date]) -> bool:
    return days[0] == days[-1]


def _remainder(ahead: int, stuck: int) -> str:
    if stuck:
        return _("One of your parcels needs attention.")
    return _("The rest of your order is being prepared.") if ahead else ""


def _all_arrived(number: int) -> str:
    return ngettext("Your parcel has arrived.", "All %(n)d parcels have arrived.", number) % {"n": number}


def _some_arrived(number: int) -> str:
    words = {"count": number_word(number)}
    return ngettext("One parcel has arrived.", "%(count)s parcels have arrived.", number) % words


def _preparing(facts: Facts, parcels: list[Parcel]) -> tuple[str, str]:
    due = max((p.due for p in parcels if p.due), default=facts.order.promise_latest)
    lead = _("It should be with you %(day)s.") % {"day": on_day(due)} if due and due >= timezone.localdate() else ""
    if parcels and all(p.stage == "waiting" and p.tone == "amber" for p in parcels):
        return _("Your order is waiting for goods to arrive."), lead
    return _("We are preparing your order."), lead


def _notes(facts: Facts, personal: bool) -> list[Note]:
    currency, notes = facts.order.currency, []
    if facts.refunded:
        amount = display(facts.refunded, currency) if personal else ""
        words = _("%(amount)s went back to you the way you paid.") % {"amount": amount}
        notes.append(Note("green", "circle-check", words if personal else _("Your refund has been made.")))
    if facts.refund_pending:
        amount = display(facts.refund_pending, currency)
        words = _("%(amount)s is on its way back to you.") % {"amount": amount}
        notes.append(Note("blue", "undo-2", words if personal else _("A refund is on its way to you.")))
    return notes


def _back(returned: Return, personal: bool) -> Back:
    lines = returned.lines.all()
    items = [Item(line.quantity, line.order_line.name) for line in lines] if personal else []
    return Back(returned.rma if personal else "", returned.status, items)


ADDRESS = ("name", "company", "line1", "line2")


def _address(facts: Facts) -> list[str]:
    given = facts.order.shipping_address
    lines = [str(given.get(part) or "").strip() for part in ADDRESS]
    return [line for line in (*lines, town(given)) if line]
