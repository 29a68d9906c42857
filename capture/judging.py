"""From an order as it came in to a draft that may be written, or a refusal that names every field."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from capture import references
from capture.drafts import DraftHold, DraftLine, DraftOrder, DraftPayment
from capture.pricing import Asked, Priced, price
from capture.references import Catalogue, TaxTable
from capture.schemas import LineIn, OrderIn, PaymentIn
from core.actors import Actor
from core.days import company_day
from core.ids import new_id
from core.money import quantise
from core.problems import Invalid

FUTURE = timedelta(days=1)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST_TOTAL = Decimal(1_000_000_000)
"""In whichever currency: what is above it is a slip of the finger."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a set of orders is judged against."""

    catalogue: Catalogue
    now: datetime
    actor: Actor


class Errors:
    """Everything wrong with one order, gathered before it is refused."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []

    def add(self, msg: str, *loc: str | int) -> None:
        """Note one wrong field."""
        self.found.append({"loc": list(loc), "msg": msg})

    def check(self) -> None:
        """Refuse when anything was found."""
        if self.found:
            raise Invalid(errors=self.found)


def setting(orders: Sequence[OrderIn], *, actor: Actor, now: datetime) -> Setting:
    """Read what these orders speak of, in one statement for the whole set."""
    channels = references.channels()
    lists = {c.price_list_id for o in orders if (c := channels.get(o.channel)) and c.price_list_id}
    skus = {line.sku for order in orders for line in order.lines}
    return Setting(references.catalogue(skus, sorted(lists), now), now, actor)


def judge(order: OrderIn, setting: Setting) -> DraftOrder:
    """A priced draft; Invalid names every field that cannot be."""
    errors = Errors()
    channel = _channel(order, errors)
    placed_at = order.placed_at or setting.now
    if placed_at > setting.now + FUTURE:
        errors.add(_("lies in the future"), "placed_at")
    if placed_at < LONG_AGO:
        raise Invalid.field(["placed_at"], _("lies too far back"))
    taxes = references.tax_table(company_day(placed_at))
    asked = [_asked(i, line, order, channel, setting.catalogue, taxes, errors) for i, line in enumerate(order.lines)]
    shipping = channel.shipping_price if order.shipping_price is None else order.shipping_price
    _check_payable(shipping, channel.currency, errors, "shipping_price")
    errors.check()
    freight_rate = order.shipping_tax_rate
    if freight_rate is None:
        freight_rate = taxes.freight(order.shipping_address.country, channel.country)
    priced, totals = price(asked, shipping, freight_rate, tax_included=channel.tax_included, currency=channel.currency)
    if totals.total > LARGEST_TOTAL:
        raise Invalid.field(
            ["lines"],
            _("come to %(total)s; an order comes to %(largest_total)s at most")
            % {"total": f"{totals.total:.2f}", "largest_total": LARGEST_TOTAL},
        )
    order_id = new_id()
    customer = order.customer
    address = order.shipping_address.model_dump(exclude_defaults=True)
    draft = DraftOrder(
        id=order_id,
        channel=channel,
        external_id=order.external_id,
        currency=channel.currency,
        fx_rate=references.fx_rate(channel.currency, company_day(placed_at)),
        language=(customer and customer.language) or channel.language,
        email=customer.email if customer else "",
        customer_name=_name(order),
        shipping_address=address,
        billing_address=order.billing_address.model_dump(exclude_defaults=True) if order.billing_address else address,
        method=order.fulfillment.method,
        service=order.fulfillment.service,
        subtotal=totals.subtotal,
        discount=totals.discount,
        shipping=totals.shipping,
        shipping_tax_rate=freight_rate,
        tax=totals.tax,
        total=totals.total,
        seller=order.seller,
        campaign=order.campaign,
        placed_at=placed_at,
        created_at=setting.now,
        lines=_lines(order, asked, priced, order_id, setting.catalogue, channel),
        payments=[],
        holds=[],
        customer=customer,
    )
    draft.payments = _payments(order, draft, errors)
    errors.check()
    draft.holds = _holds(order, draft, setting)
    return draft


def _check_payable(amount: Decimal, currency: str, errors: Errors, *loc: str | int) -> None:
    """Note an amount that nobody can pay: there are no cents of a yen."""
    if amount != quantise(amount, currency):
        errors.add(_("has more digits after the dot than %(currency)s is paid in") % {"currency": currency}, *loc)


def _channel(order: OrderIn, errors: Errors) -> Any:
    channel = references.channels().get(order.channel)
    if channel is None or not channel.is_active:
        raise Invalid.field(
            ["channel"], _("“%(channel)s” is not a channel of this company") % {"channel": order.channel}
        )
    if order.currency and order.currency != channel.currency:
        errors.add(_("this channel sells in %(currency)s") % {"currency": channel.currency}, "currency")
    return channel


def _name(order: OrderIn) -> str:
    customer = order.customer
    return (f"{customer.first_name} {customer.last_name}".strip() if customer else "") or order.shipping_address.name


def _asked(
    index: int, line: LineIn, order: OrderIn, channel: Any, catalogue: Catalogue, taxes: TaxTable, errors: Errors
) -> Asked:
    nothing = Asked(line.quantity, Decimal(0), Decimal(0), Decimal(0))
    variant = catalogue.variants.get(line.sku)
    if variant is None or not variant.is_active:
        errors.add(_("“%(sku)s” is not something we sell") % {"sku": line.sku}, "lines", index, "sku")
        return nothing
    unit_price = line.unit_price
    if unit_price is None:
        unit_price = catalogue.price(channel.price_list_id, variant.id)
    if unit_price is None:
        errors.add(_("is needed: this SKU has no price on the channel's price list"), "lines", index, "unit_price")
        return nothing
    rate = line.tax_rate
    if rate is None:
        rate = taxes.rate(order.shipping_address.country, channel.country, variant.tax_class_id)
    if rate is None:
        errors.add(_("is needed: no tax rate is known for this SKU and country"), "lines", index, "tax_rate")
        return nothing
    _check_payable(line.discount, channel.currency, errors, "lines", index, "discount")
    if line.discount > quantise(unit_price * line.quantity, channel.currency):
        errors.add(_("is more than the line costs"), "lines", index, "discount")
    return Asked(line.quantity, unit_price, line.discount, rate)


def _lines(
    order: OrderIn, asked: list[Asked], priced: list[Priced], order_id: Any, catalogue: Catalogue, channel: Any
) -> list[DraftLine]:
    return [
        DraftLine(
            order_id=order_id,
            position=position,
            variant_id=(variant := catalogue.variants[line.sku]).id,
            sku=line.sku,
            name=variant.names.get(channel.language) or next(iter(variant.names.values()), variant.code),
            is_stocked=variant.is_stocked,
            pre_order=variant.pre_order and variant.is_stocked and not channel.is_history,
            quantity=line.quantity,
            reserved=line.quantity,
            unit_price=want.unit_price,
            discount=want.discount,
            tax_rate=want.tax_rate,
            net=money.net,
            tax=money.tax,
            freight_net=money.freight_net,
            freight_tax=money.freight_tax,
        )
        for position, (line, want, money) in enumerate(zip(order.lines, asked, priced, strict=True), start=1)
    ]


def _payments(order: OrderIn, draft: DraftOrder, errors: Errors) -> list[DraftPayment]:
    # Made without the checks of what comes from outside: the total is ours.
    rest = PaymentIn.model_construct(tender=draft.channel.default_tender, amount=draft.total)
    given = order.payments or [rest]
    paid = sum((p.amount for p in given), Decimal(0))
    if paid != draft.total:
        errors.add(
            _("add up to %(paid)s, but the order comes to %(total)s %(currency)s")
            % {"paid": f"{paid:.2f}", "total": f"{draft.total:.2f}", "currency": draft.currency},
            "payments",
        )
    for index, payment in enumerate(given):
        _check_payable(payment.amount, draft.currency, errors, "payments", index, "amount")
        if payment.tender == "card" and not payment.token:
            errors.add(_("is needed for a card: the payment provider gives it"), "payments", index, "token")
    return [
        DraftPayment(
            order_id=draft.id,
            tender=p.tender,
            amount=p.amount,
            currency=draft.currency,
            token=p.token,
            status="pending" if p.tender == "card" and p.amount else "authorised",
            created_at=draft.created_at,
        )
        for p in given
    ]


def _holds(order: OrderIn, draft: DraftOrder, setting: Setting) -> list[DraftHold]:
    kinds: dict[str, str] = {}
    if any(p.status == "pending" for p in draft.payments):
        kinds["payment"] = ""
    odd = [line for line in draft.lines if _is_odd(line, draft, setting.catalogue)]
    if odd and not draft.channel.is_history:
        kinds["price"] = ", ".join(f"{line.sku} sold at {line.unit_price.normalize():f}" for line in odd[:5])
    return [
        DraftHold(order_id=draft.id, kind=kind, note=note, opened_by=setting.actor.label, opened_at=setting.now)
        for kind, note in kinds.items()
    ]


def _is_odd(line: DraftLine, draft: DraftOrder, catalogue: Catalogue) -> bool:
    listed = catalogue.price(draft.channel.price_list_id, line.variant_id)
    return listed is not None and abs(line.unit_price - listed) > draft.channel.price_tolerance
