"""The timeline in words: who did what, with a sign for each kind of thing."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from backoffice.queue_words import handler_word
from core.models import TimelineEntry
from core.money import display
from core.templatetags.ui import long_day, say_moment, signed
from core.versions import say_with
from core.wording import hold, word

ICONS = {
    "order": "shopping-bag",
    "hold": "circle-pause",
    "fulfillment_order": "package",
    "shipment": "truck",
    "payment": "credit-card",
    "transaction": "credit-card",
    "message": "mail",
    "incident": "triangle-alert",
    "return": "undo-2",
    "stock": "boxes",
    "work": "list-checks",
    "note": "notebook-pen",
    "customer": "users",
    "purchase_order": "shopping-cart",
    "transfer": "arrow-left-right",
    "stock_count": "clipboard-check",
    "vendor": "factory",
    "vendor_terms": "factory",
    "supply": "truck",
    "serial": "scan-barcode",
}
MACHINES = {
    "order": "order",
    "fulfillment_order": "fulfillment",
    "shipment": "shipment",
    "payment": "payment",
    "return": "return",
    "purchase_order": "purchase_order",
    "transfer": "transfer",
    "stock_count": "stock_count",
}
"""The kinds whose rows tell a state before and one after, as `core.wording` calls them."""
FIELDS: dict[str, Callable[[], str]] = {
    "email": lambda: _("E-mail"),
    "phone": lambda: _("Telephone"),
    "first_name": lambda: _("First name"),
    "last_name": lambda: _("Last name"),
    "language": lambda: _("Language"),
    "expected_on": lambda: pgettext("goods", "Expected"),
    "due_on": lambda: pgettext("goods", "Expected"),
    "note": lambda: _("Note"),
    "name": lambda: _("Name"),
    "currency": lambda: _("Currency"),
    "lead_days": lambda: _("Days until goods come"),
    "over_percent": lambda: _("More than ordered, per cent"),
    "order_until": lambda: _("Ordered before"),
    "price": lambda: _("Price"),
    "minimum": lambda: _("At least"),
    "pack": lambda: _("In packs of"),
    "promised_units": lambda: _("May be promised"),
}
SPECIAL_ICONS = {
    "order.contact": "phone",
    "order.routed": "route",
    "order.repinned": "arrow-left-right",
    "order.unplanned": "undo-2",
    "order.lot_out": "undo-2",
    "order.taken_up": "boxes",
    "order.promise": "clock",
    "order.let_go": "undo-2",
    "order.ask_again": "boxes",
    "order.keep_longer": "clock",
    "order.cancel": "ban",
    "fulfillment_order.pick": "scan-barcode",
    "serial.send": "truck",
    "serial.return": "undo-2",
    "serial.gone": "ban",
}

Say = Callable[[TimelineEntry, str], str]


def _amount(entry: TimelineEntry, currency: str) -> str:
    value = entry.data.get("amount")
    return display(Decimal(value), entry.data.get("currency", currency)) if value else ""


def _routed(entry: TimelineEntry, currency: str) -> str:
    data = entry.data
    parcels = int(data.get("parcels", 0))
    said = ngettext("planned %(n)d parcel for %(cost)s", "planned %(n)d parcels for %(cost)s", parcels) % {
        "n": parcels,
        "cost": display(Decimal(data.get("cost", "0")), "EUR"),
    }
    left = int(data.get("unfilled", 0))
    if left:
        said += ngettext(", %(n)d unit backordered", ", %(n)d units backordered", left) % {"n": left}
    return said


def _repinned(entry: TimelineEntry, currency: str) -> str:
    units, told = (
        int(entry.data.get("units", 0)),
        {name: entry.data.get(name, "") for name in ("sku", "from", "to", "for")},
    )
    said = ngettext(
        "%(n)d × %(sku)s waits at %(to)s now, no longer at %(from)s",
        "%(n)d × %(sku)s wait at %(to)s now, no longer at %(from)s",
        units,
    )
    why = _("room for %(for)s") if told["for"] else _("too few are left there")
    return f"{said} ({why})" % (told | {"n": units})


def _lot_out(entry: TimelineEntry, currency: str) -> str:
    units, lot = int(entry.data.get("units", 0)), entry.data.get("lot", "")
    return _("took %(n)d of lot %(lot)s out of the work again") % {"n": units, "lot": lot}


def _of_unit(words: Callable[[], str]) -> Say:
    """What happened to one unit: where, and for which order."""
    names = ("place", "from", "order", "parcel", "rma")
    return lambda entry, currency: words() % {name: entry.data.get(name, "") or "—" for name in names}


def _unplanned(entry: TimelineEntry, currency: str) -> str:
    units = int(entry.data.get("units", 0))
    said = ngettext(
        "took %(n)d unit back from its place: too few are left there",
        "took %(n)d units back from their place: too few are left there",
        units,
    )
    return said % {"n": units}


def _announced(entry: TimelineEntry, currency: str) -> str:
    """Goods are on their way."""
    units = int(entry.data.get("units", 0))
    said = ngettext("announced %(n)d unit for %(day)s", "announced %(n)d units for %(day)s", units)
    return said % {"n": units, "day": _day(entry.data.get("due", ""))}


def _supply_changed(entry: TimelineEntry, currency: str) -> str:
    """Goods come on another day, or in another number."""
    said: list[str] = []
    if due := entry.data.get("due"):
        said.append(_("moved it from %(before)s to %(after)s") % {"before": _day(due[0]), "after": _day(due[1])})
    if units := entry.data.get("units"):
        said.append(_("changed the units from %(before)s to %(after)s") % {"before": units[0], "after": units[1]})
    return ", ".join(said)


def _supply_came(entry: TimelineEntry, currency: str) -> str:
    """Goods came, and for whom."""
    units, served = int(entry.data.get("units", 0)), int(entry.data.get("served", 0))
    said = ngettext("received %(n)d unit", "received %(n)d units", units) % {"n": units}
    if served:
        said += ngettext(", %(n)d for orders that waited", ", %(n)d for orders that waited", served) % {"n": served}
    return said


def _supply_ended(entry: TimelineEntry, currency: str) -> str:
    """Nothing more is to come."""
    missing = int(entry.data.get("missing", 0))
    if not missing:
        return _("closed it: all has come")
    return ngettext("closed it: %(n)d unit did not come", "closed it: %(n)d units did not come", missing) % {
        "n": missing
    }


def _terms(entry: TimelineEntry) -> dict[str, str]:
    return {name: entry.data.get(name, "") for name in ("sku", "place")}


def _units_came(entry: TimelineEntry, currency: str) -> str:
    """A receipt or a step of a transfer, in numbers."""
    units, damaged = int(entry.data.get("units", 0)), int(entry.data.get("damaged", 0))
    said = ngettext("received %(n)d unit", "received %(n)d units", units) % {"n": units}
    if entry.data.get("receipt"):
        said += f" ({entry.data['receipt']})"
    if damaged:
        said += ngettext(", %(n)d of them damaged", ", %(n)d of them damaged", damaged) % {"n": damaged}
    return said


def _units_sent(entry: TimelineEntry, currency: str) -> str:
    units = int(entry.data.get("units", 0))
    return ngettext("put %(n)d unit on the way", "put %(n)d units on the way", units) % {"n": units}


def _units_lost(entry: TimelineEntry, currency: str) -> str:
    units = int(entry.data.get("units", 0))
    return ngettext("wrote %(n)d unit off", "wrote %(n)d units off", units) % {"n": units}


def _difference(entry: TimelineEntry) -> str:
    """What was found more or less, of what."""
    return f"{entry.data.get('sku', '')} {signed(int(entry.data.get('units') or 0))}"


def _bin_done(entry: TimelineEntry, currency: str) -> str:
    lines = int(entry.data.get("lines", 0))
    said = ngettext("counted %(bin)s, %(n)d article", "counted %(bin)s, %(n)d articles", lines)
    return said % {"bin": entry.data.get("bin", ""), "n": lines}


def _count_taken(entry: TimelineEntry, currency: str) -> str:
    told = {"bin": entry.data.get("bin", ""), "from": entry.data.get("from", "")}
    return (_("took %(bin)s over from %(from)s") if told["from"] else _("began to count %(bin)s")) % told


def _count_follows(entry: TimelineEntry, currency: str) -> str:
    bins = [str(code) for code in entry.data.get("bins", [])]
    bins += [_("What lies in no bin")] if entry.data.get("loose") else []
    said = ngettext(
        "%(bins)s is counted as well: articles of the count were put there",
        "%(bins)s are counted as well: articles of the count were put there",
        len(bins),
    )
    return said % {"bins": ", ".join(bins)}


def _taken_up(entry: TimelineEntry, currency: str) -> str:
    units = int(entry.data.get("units", 0))
    return ngettext("%(n)d unit that it waited for is there", "%(n)d units that it waited for are there", units) % {
        "n": units
    }


def _let_go(entry: TimelineEntry, currency: str) -> str:
    units = int(entry.data.get("units", 0))
    if not units:
        return _("has no place in line for it any more: the time is over")
    said = ngettext("keeps %(n)d unit for it no longer", "keeps %(n)d units for it no longer", units) % {"n": units}
    return said if entry.data.get("reason") else said + _(": the time is over")


def _asked_again(entry: TimelineEntry, currency: str) -> str:
    units = int(entry.data.get("units", 0))
    return ngettext("asks for %(n)d unit again", "asks for %(n)d units again", units) % {"n": units}


def _kept_longer(entry: TimelineEntry, currency: str) -> str:
    return _("keeps its stock until %(at)s") % {"at": say_moment(datetime.fromisoformat(entry.data["to"]))}


def _promised(entry: TimelineEntry, currency: str) -> str:
    before, after = (_day(entry.data.get(name, "")) for name in ("from", "to"))
    if not before:
        return _("promised it for %(after)s") % {"after": after}
    return _("promised it for %(after)s, no longer for %(before)s") % {"after": after, "before": before}


def _day(text: str) -> str:
    return long_day(date.fromisoformat(text)) if text else ""


def _cancelled_part(entry: TimelineEntry, currency: str) -> str:
    units = int(entry.data.get("units", 0))
    return ngettext("cancelled %(n)d unit", "cancelled %(n)d units", units) % {"n": units}


def _incident(entry: TimelineEntry, currency: str) -> str:
    what = INCIDENTS.get(entry.action.partition(".")[2], lambda: entry.action.partition(".")[2].replace("_", " "))()
    if entry.after == "resolved":
        return _("solved: %(what)s") % {"what": what}
    return _("found: %(what)s") % {"what": what}


INCIDENTS: dict[str, Callable[[], str]] = {
    "backorder": lambda: _("units without stock"),
    "shortfall": lambda: _("less stock than promised"),
    "supply_late": lambda: _("supply is late"),
    "order_late": lambda: _("sold, and not ordered in time"),
    "feed_silent": lambda: _("a stock feed is silent"),
    "lot_ending": lambda: _("a lot comes to its end"),
    "payment_failed": lambda: _("payment failed"),
    "late_shipment": lambda: _("shipment late"),
    "parcel_exception": lambda: _("the carrier has trouble with a parcel"),
    "no_label": lambda: _("the carrier gave no label"),
    "parcel_lost": lambda: _("parcel lost"),
    "stuck": lambda: _("work on it failed"),
}


def _work(entry: TimelineEntry, words: str) -> str:
    return words % {"what": handler_word(entry.data.get("handler", "")), "reason": entry.data.get("reason", "")}


SAID: dict[str, Say] = {
    "incident.assign": lambda e, c: (
        (_("gave it to %(name)s: %(what)s") if e.after else _("laid it down: %(what)s"))
        % {"name": e.after, "what": INCIDENTS.get(e.data.get("kind", ""), lambda: _("an exception"))()}
    ),
    "note.add": lambda e, c: _("noted"),
    "order.contact": lambda e, c: _("put the contact right"),
    "customer.edit": lambda e, c: _("changed the customer"),
    "message.again": lambda e, c: _("sent the customer a letter again"),
    "work.retry": lambda e, c: _work(e, _("tries again: %(what)s")),
    "work.drop": lambda e, c: _work(e, _("gave up: %(what)s (%(reason)s)")),
    "order.placed": lambda e, c: _("placed the order"),
    "order.routed": _routed,
    "order.repinned": _repinned,
    "order.unplanned": _unplanned,
    "order.lot_out": _lot_out,
    "order.taken_up": _taken_up,
    "order.promise": _promised,
    "order.let_go": _let_go,
    "order.ask_again": _asked_again,
    "order.keep_longer": _kept_longer,
    "order.cancel": lambda e, c: _("cancelled the order"),
    "order.cancel_part": _cancelled_part,
    "hold.open": lambda e, c: _("held the order: %(reason)s") % {"reason": hold(e.after)},
    "hold.resolve": lambda e, c: _("released the hold: %(reason)s") % {"reason": hold(e.before)},
    "fulfillment_order.release": lambda e, c: _("released the work"),
    "fulfillment_order.accept": lambda e, c: _("accepted the work"),
    "fulfillment_order.begin_picking": lambda e, c: _("began to pick"),
    "fulfillment_order.pick": lambda e, c: _("picked"),
    "fulfillment_order.pack": lambda e, c: _("packed the parcel"),
    "fulfillment_order.unpack": lambda e, c: _("opened the parcel again"),
    "fulfillment_order.ship": lambda e, c: _("sent the parcel"),
    "fulfillment_order.deliver": lambda e, c: _("completed the delivery"),
    "fulfillment_order.cancel": lambda e, c: _("ended the work: cancelled"),
    "shipment.ask_label": lambda e, c: _("asked the carrier for a label"),
    "shipment.label": lambda e, c: _("got the label"),
    "shipment.label_by_hand": lambda e, c: _("made the label by hand"),
    "shipment.label_unused": lambda e, c: _("got a label that is not needed any more: have the carrier void it"),
    "shipment.ship": lambda e, c: _("handed the parcel to the carrier"),
    "shipment.void": lambda e, c: _("voided the label"),
    "shipment.move": lambda e, c: _("moved the parcel on"),
    "shipment.go_out": lambda e, c: _("took the parcel out for delivery"),
    "shipment.miss": lambda e, c: _("tried to deliver the parcel, in vain"),
    "shipment.wait_for_pickup": lambda e, c: _("brought the parcel to the pickup point"),
    "shipment.trouble": lambda e, c: _("met a problem on the way"),
    "shipment.deliver": lambda e, c: _("delivered the parcel"),
    "payment.authorise": lambda e, c: _("authorised %(amount)s") % {"amount": _amount(e, c)},
    "payment.require_action": lambda e, c: _("asks the customer to confirm the payment"),
    "payment.fail": lambda e, c: _("refused the payment"),
    "payment.lose": lambda e, c: _("gave no answer about the payment"),
    "payment.capture": lambda e, c: _("captured %(amount)s") % {"amount": _amount(e, c)},
    "payment.capture_part": lambda e, c: _("captured %(amount)s") % {"amount": _amount(e, c)},
    "payment.refund": lambda e, c: _("refunded %(amount)s") % {"amount": _amount(e, c)},
    "payment.void": lambda e, c: _("gave up the authorisation"),
    "payment.expire": lambda e, c: _("let the authorisation expire"),
    "payment.ask_again": lambda e, c: _("began to pay another way"),
    "transaction.succeed": lambda e, c: _("confirmed %(amount)s") % {"amount": _amount(e, c)},
    "transaction.fail": lambda e, c: _("refused %(amount)s") % {"amount": _amount(e, c)},
    "transaction.lose": lambda e, c: _("gave no answer about %(amount)s") % {"amount": _amount(e, c)},
    "message.order_confirmation": lambda e, c: _("told the customer: order received"),
    "message.delayed": lambda e, c: _("told the customer: later than promised"),
    "message.shipped": lambda e, c: _("told the customer: parcel on its way"),
    "message.delivered": lambda e, c: _("told the customer: delivered"),
    "message.cancelled": lambda e, c: _("told the customer: cancelled"),
    "message.payment_failed": lambda e, c: _("told the customer: payment failed"),
    "message.payment_link": lambda e, c: _("told the customer: finish the payment"),
    "message.stock_let_go": lambda e, c: _("told the customer: stock is no longer kept"),
    "message.payment_reminder": lambda e, c: _("told the customer: not paid yet"),
    "message.return_received": lambda e, c: _("told the customer: return received"),
    "vendor.make": lambda e, c: _("set the vendor up"),
    "vendor.change": lambda e, c: _("changed the vendor"),
    "vendor_terms.make": lambda e, c: _("set up the terms of %(sku)s for %(place)s") % _terms(e),
    "vendor_terms.change": lambda e, c: _("changed the terms of %(sku)s for %(place)s") % _terms(e),
    "vendor_terms.remove": lambda e, c: _("took away the terms of %(sku)s for %(place)s") % _terms(e),
    "purchase_order.draft": lambda e, c: _("wrote the purchase order"),
    "purchase_order.change": lambda e, c: _("changed the purchase order"),
    "purchase_order.send": lambda e, c: _("sent it to the vendor"),
    "purchase_order.receipt": _units_came,
    "purchase_order.receive_part": lambda e, c: _("left the rest open"),
    "purchase_order.receive": lambda e, c: _("completed the purchase order"),
    "purchase_order.give_up": lambda e, c: _("gave the rest up"),
    "purchase_order.close": lambda e, c: _("closed the purchase order"),
    "purchase_order.cancel": lambda e, c: _("cancelled the purchase order"),
    "transfer.draft": lambda e, c: _("wrote the transfer"),
    "transfer.change": lambda e, c: _("changed the transfer"),
    "transfer.cancel": lambda e, c: _("cancelled the transfer"),
    "transfer.send": lambda e, c: _("sent the transfer"),
    "transfer.units_send": _units_sent,
    "transfer.units_receive": _units_came,
    "transfer.units_write_off": _units_lost,
    "transfer.receive_part": lambda e, c: _("left the rest open"),
    "transfer.receive": lambda e, c: _("completed the transfer"),
    "transfer.close_short": lambda e, c: _("closed the transfer with a difference"),
    "supply.expect": _announced,
    "supply.change": _supply_changed,
    "supply.arrive": _supply_came,
    "supply.close": _supply_ended,
    "supply.stand": lambda e, c: (
        ngettext(
            "%(n)d unit may be promised before it is ordered",
            "%(n)d units may be promised before they are ordered",
            int(e.data.get("units", 0)),
        )
        % {"n": int(e.data.get("units", 0))}
    ),
    "supply.withdraw": lambda e, c: _("nothing of it is promised before it is ordered any more"),
    "serial.receive": _of_unit(lambda: _("made it known at %(place)s")),
    "serial.seen": _of_unit(lambda: _("saw it at %(place)s, no longer at %(from)s")),
    "serial.pick": _of_unit(lambda: _("picked it for order %(order)s")),
    "serial.put_back": _of_unit(lambda: _("took it out of order %(order)s again")),
    "serial.send": _of_unit(lambda: _("sent it with order %(order)s, parcel %(parcel)s")),
    "serial.return": _of_unit(lambda: _("took it back at %(place)s from order %(order)s (%(rma)s)")),
    "serial.gone": _of_unit(lambda: _("marked it as gone, seen last at %(place)s")),
    "serial.found": _of_unit(lambda: _("found it again at %(place)s")),
    "stock_count.make": lambda e, c: _("made the count"),
    "stock_count.start": lambda e, c: _("had it counted"),
    "stock_count.assign": lambda e, c: (
        _("gave it to %(who)s") % {"who": e.after} if e.after else _("gave it to whoever comes by")
    ),
    "stock_count.cancel": lambda e, c: _("cancelled the count"),
    "stock_count.close": lambda e, c: _("settled the last of it"),
    "stock_count.take": _count_taken,
    "stock_count.bin": _bin_done,
    "stock_count.follow": _count_follows,
    "stock_count.again": lambda e, c: _("has some of it counted again by somebody else"),
    "stock_count.unknown": lambda e, c: (
        _("found something unknown in %(bin)s: %(code)s")
        % {"bin": e.data.get("bin", ""), "code": e.data.get("code", "")}
    ),
    "stock_count.differs": lambda e, c: _("a difference to decide: %(what)s") % {"what": _difference(e)},
    "stock_count.approve": lambda e, c: _("posted a difference: %(what)s") % {"what": _difference(e)},
    "stock_count.decline": lambda e, c: _("did not post a difference: %(what)s") % {"what": _difference(e)},
    "return.approve": lambda e, c: _("approved a return"),
    "return.receive": lambda e, c: _("received a return"),
    "return.cancel": lambda e, c: _("cancelled a return"),
}


def said(entry: TimelineEntry, currency: str = "EUR") -> dict[str, Any]:
    """One entry for the timeline component."""
    kind = entry.action.partition(".")[0]
    return {
        "icon": SPECIAL_ICONS.get(entry.action) or ICONS.get(kind, "circle-dot"),
        "who": _who(entry),
        "text": _text(entry, kind, currency),
        "note": _note(entry),
        "change": _change(entry, kind),
        "href": _href(entry),
        "at": entry.at,
    }


def _who(entry: TimelineEntry) -> str:
    """Who did it; an order that came in by itself was placed by its customer."""
    if entry.actor_kind != "system" or entry.actor != "System":
        return entry.actor
    return _("The customer") if entry.action == "order.placed" and not entry.before else _("System")


def _note(entry: TimelineEntry) -> str:
    """What was said with it."""
    told = entry.data
    return str(told.get("text") or told.get("reason") or told.get("note") or told.get("how") or told.get("error") or "")


def _change(entry: TimelineEntry, kind: str) -> str:
    """Before and after in words; "" where there is only one of them."""
    if changes := entry.data.get("changes"):
        return " · ".join(_field_change(name, before, after) for name, (before, after) in changes.items())
    if kind in MACHINES and entry.before and entry.after and entry.before != entry.after:
        machine = MACHINES[kind]
        return f"{word(entry.before, machine).text} → {word(entry.after, machine).text}"
    return ""


def _field_change(name: str, before: str, after: str) -> str:
    label = FIELDS[name]() if name in FIELDS else name
    return f"{label}: {before or '—'} → {after or '—'}"


def _href(entry: TimelineEntry) -> str:
    """The letter behind a message."""
    letter = str(entry.data.get("message", ""))
    return reverse("mail-message", args=[letter]) if entry.action.startswith("message.") and is_id(letter) else ""


def is_id(text: str) -> bool:
    """Whether it has the shape of a row's id."""
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _text(entry: TimelineEntry, kind: str, currency: str) -> str:
    if entry.action in SAID and not (entry.action == "order.placed" and entry.before):
        return SAID[entry.action](entry, currency)
    if kind == "incident":
        return _incident(entry, currency)
    if kind == "order" and entry.after:
        return _("set the order to “%(state)s”") % {"state": word(entry.after).text}
    return entry.action.replace(".", " ").replace("_", " ")


say_with(said)
