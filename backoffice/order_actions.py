"""What can be done with an order now, by the tables of transitions; and for what cannot, the reason in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from backoffice.order_page import LineRow, Parcel
from core.models import Incident
from core.people.roles import allowing, in_words
from core.permissions import allows
from core.wording import word
from notifications.models import Message
from orders.models import Hold, Order
from orders.states import HOLD, ORDER_ACTIONS
from payments.models import Payment
from payments.providers import online_tenders
from payments.states import PAYMENT
from returns.models import Return
from returns.states import RETURN


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at."""

    order: Order
    rows: Sequence[LineRow]
    payments: Sequence[Payment] = ()
    parcels: Sequence[Parcel] = ()
    returns: Sequence[Return] = ()
    letters: Sequence[Message] = ()
    incidents: Sequence[Incident] = ()

    @property
    def holds(self) -> list[Hold]:
        """The holds that may still be released."""
        return [hold for hold in self.order.holds.all() if hold.status in HOLD.table["resolve"][0]]

    @property
    def cancellable(self) -> int:
        """Units that have not left."""
        return sum(row.cancellable for row in self.rows)

    @property
    def returnable(self) -> int:
        """Units that left and have not come back."""
        return sum(row.returnable for row in self.rows)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. `opens` is the id of its dialog, `url` the page it leads to; `why` the reason it is off.

    The `main` ones stand beside the title where there is room, the others in a menu.
    """

    name: str
    label: str
    icon: str
    needs: str
    opens: str = ""
    url: str = ""
    danger: bool = False
    main: bool = False
    why: str = ""


Why = Callable[[Facts, Any], str]


def _stands(facts: Facts) -> str:
    return str(word(facts.order.status).text)


def _why_no_hold(facts: Facts, user: Any) -> str:
    if facts.order.status in ORDER_ACTIONS["hold"]:
        return ""
    return _("Nothing is left to stop: the order is at “%(state)s”.") % {"state": _stands(facts)}


def _why_no_release(facts: Facts, user: Any) -> str:
    if not facts.holds:
        return _("No hold is open.")
    if any(allows(user, hold.release_needs) for hold in facts.holds):
        return ""
    return who_releases(facts.holds)


def who_releases(holds: Sequence[Hold]) -> str:
    """Who may release these holds, by the roles as they are, for somebody who may not."""
    roles = allowing({hold.release_needs for hold in holds})
    return _("Only these roles release it: %(roles)s.") % {
        "roles": ", ".join(sorted(in_words(role.code, role.name) for role in roles))
    }


def _why_no_cancel(facts: Facts, user: Any) -> str:
    if facts.cancellable:
        return ""
    shipped = any(row.line.shipped for row in facts.rows)
    return _("Every unit has left: it can only come back.") if shipped else _("Every unit is cancelled already.")


def _why_no_take_back(facts: Facts, user: Any) -> str:
    if facts.returnable:
        return ""
    shipped = any(row.line.shipped for row in facts.rows)
    return _("Everything has come back.") if shipped else _("Nothing has left yet.")


def _why_no_receive(facts: Facts, user: Any) -> str:
    if any(each.status in RETURN.table["receive"][0] for each in facts.returns):
        return ""
    if facts.returns:
        return _("What was announced has been received.")
    return _("No return is announced.")


def _why_no_pay_link(facts: Facts, user: Any) -> str:
    online = [payment for payment in facts.payments if payment.tender in online_tenders()]
    if not online:
        return _("Nothing of this order is paid online.")
    if facts.order.status not in ORDER_ACTIONS["pay"]:
        return _("Nothing is left to pay for: the order is at “%(state)s”.") % {"state": _stands(facts)}
    if any(payment.status in PAYMENT.table["ask_again"][0] for payment in online):
        return ""
    return _("The payment is at “%(state)s”: it needs no new link.") % {
        "state": word(online[-1].status, "payment").text
    }


def _why_no_resolve(facts: Facts, user: Any) -> str:
    return "" if facts.incidents else _("No exception is open.")


def _why_no_resend(facts: Facts, user: Any) -> str:
    if not facts.letters:
        return _("No letter has been written yet.")
    return "" if facts.order.email else _("The order has no e-mail address.")


def _why_no_papers(facts: Facts, user: Any) -> str:
    labelled = [parcel for parcel in facts.parcels if parcel.has_papers]
    if not labelled:
        return _("No label has been made yet.")
    if any(allows(user, "fulfillment.work", parcel.work.location_id) for parcel in labelled):
        return ""
    return _("The papers are printed at %(place)s.") % {"place": labelled[0].work.location.name}


def _always(facts: Facts, user: Any) -> str:
    return ""


@dataclass(frozen=True)
class _Rule:
    action: Action
    why: Why = field(default=_always)


def _rules(facts: Facts) -> list[_Rule]:
    number = facts.order.number
    again = f"/orders/new/?again={number}"
    return [
        _Rule(Action("note", _("Add a note"), "notebook-pen", "orders.note", url="#note-text")),
        _Rule(Action("hold", _("Hold…"), "circle-pause", "orders.hold", "hold-dialog", main=True), _why_no_hold),
        _Rule(Action("release", _("Release the hold"), "play", "orders.release_hold", url="#holds"), _why_no_release),
        _Rule(Action("pay_link", _("Send a payment link"), "link", "payments.collect", url="#money"), _why_no_pay_link),
        _Rule(Action("resolve", _("Settle an exception"), "list-checks", "incidents.resolve", url="#exceptions"), _why_no_resolve),
        _Rule(Action("resend", _("Send a letter again"), "mail", "mail.send", url="#letters"), _why_no_resend),
        _Rule(Action("contact", _("Edit contact…"), "phone", "customers.edit", "contact-dialog")),
        _Rule(Action("papers", _("Print papers again"), "printer", "fulfillment.work", url="#parcels"), _why_no_papers),
        _Rule(Action("take_back", _("Take back…"), "undo-2", "returns.receive", "return-dialog", main=True), _why_no_take_back),
        _Rule(Action("receive", _("Receive an announced return"), "package-check", "returns.receive", url="#returns"), _why_no_receive),
        _Rule(Action("again", _("Order again"), "shopping-bag", "orders.place", url=again)),
        _Rule(Action("cancel", _("Cancel…"), "ban", "orders.cancel", url=f"/orders/{number}/cancel/", danger=True, main=True), _why_no_cancel),
    ]  # fmt: skip


def offered(facts: Facts, user: Any, may: Callable[[str], bool]) -> dict[str, Action]:
    """The actions that this person's roles hold for this order, by name; those that its state does not allow with the
    reason."""
    return {
        rule.action.name: replace(rule.action, why=rule.why(facts, user))
        for rule in _rules(facts)
        if may(rule.action.needs)
    }


NEXT = ("release", "resolve", "pay_link", "receive")
"""What an order waits for, the most pressing first."""


def next_act(actions: Mapping[str, Action]) -> Action | None:
    """The next act that this person may do for the order to go on, if it waits for one."""
    return next((actions[name] for name in NEXT if name in actions and not actions[name].why), None)
