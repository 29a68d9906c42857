"""The call-centre form: what a clerk types, as the same order that any channel sends."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from capture import references
from core.addresses import country_name
from core.problems import Problem
from core.typed import AmountField

COUNTRIES = ("FR", "GB", "CH", "BE", "DE", "LU", "IT", "ES", "NL", "IE")


def countries() -> list[tuple[str, str]]:
    """Countries we deliver to, in the reader's language."""
    return [(code, country_name(code)) for code in COUNTRIES]


def channels() -> list[tuple[str, str]]:
    """Channels a clerk may sell in, the call centre's own first."""
    found = [c for c in references.channels().values() if c.is_active and not c.is_history]
    return [
        (c.code, f"{c.name} · {c.currency}") for c in sorted(found, key=lambda c: (c.kind != "call_centre", c.name))
    ]


def _text(label: Any, *, needed: bool = True, complete: str = "off", **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=needed,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": complete, **more}),
    )


class OrderForm(forms.Form):
    """Who, where to and how it is paid. `key` makes a double click one order."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    channel = forms.ChoiceField(label=_("Channel"), choices=channels)
    email = forms.EmailField(label=_("E-mail"), required=False)
    first_name = _text(_("First name"), needed=False)
    last_name = _text(_("Last name"))
    phone = _text(_("Phone"), needed=False, inputmode="tel")
    line1 = _text(_("Street and number"))
    postal_code = _text(_("Postcode"))
    city = _text(_("City"))
    country = forms.ChoiceField(label=_("Country"), choices=countries)
    shipping_price = AmountField(
        label=_("Delivery price"), required=False, min_value=Decimal(0), decimal_places=2, max_digits=8,
        help_text=_("Left empty: the channel's usual price."),
    )  # fmt: skip
    tender = forms.ChoiceField(
        label=_("Payment"),
        choices=[
            ("on_account", _("On account")),
            ("bank_transfer", _("Bank transfer")),
            ("card", _("Card, by the provider's token")),
        ],
    )
    token = _text(_("Card token"), needed=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("tender") == "card" and not data.get("token"):
            self.add_error("token", _("A card needs the token that the payment provider shows."))
        return data


class LineForm(forms.Form):
    """One SKU of the order."""

    sku = _text(_("SKU"), needed=False)
    quantity = forms.IntegerField(
        label=_("Quantity"), min_value=1, max_value=1_000_000, initial=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}), required=False,
    )  # fmt: skip
    unit_price = AmountField(
        label=_("Unit price"), required=False, min_value=Decimal(0), decimal_places=2, max_digits=10
    )
    discount = AmountField(label=_("Discount"), required=False, min_value=Decimal(0), decimal_places=2, max_digits=10)


LineForms = forms.formset_factory(LineForm, extra=0, max_num=100, absolute_max=200)


def order_of(head: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The order in the API's form. Empty lines are left out; the payment is for whatever it comes to."""
    address = {name: head.get(name) or "" for name in ("line1", "postal_code", "city", "country")}
    name = f"{head.get('first_name') or ''} {head.get('last_name') or ''}".strip()
    buyer = {field: head.get(field) or "" for field in ("email", "first_name", "last_name", "phone")}
    order: dict[str, Any] = {
        "channel": head.get("channel"),
        "customer": buyer,
        "shipping_address": {**address, "name": name, "phone": buyer["phone"]},
        "lines": [_line(line) for line in lines if line.get("sku")],
    }
    if head.get("shipping_price") is not None:
        order["shipping_price"] = str(head["shipping_price"])
    return order


def _line(line: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"sku": line["sku"].strip(), "quantity": line.get("quantity") or 1}
    for name in ("unit_price", "discount"):
        if line.get(name) is not None:
            made[name] = str(line[name])
    return made


_FIELDS = {"postal_code", "city", "line1", "country", "email", "first_name", "last_name", "phone", "channel", "token"}


def show(problem: Problem, form: OrderForm, lines: Any) -> None:
    """Put a problem's words beside the fields that they name, the rest above the form."""
    filled = [line for line in lines.forms if line.cleaned_data.get("sku")] if lines.is_bound else []
    placed = False
    for error in problem.errors:
        loc, msg = list(error["loc"]), error["msg"]
        if len(loc) == 3 and loc[0] == "lines" and isinstance(loc[1], int) and loc[1] < len(filled):
            line = filled[loc[1]]
            line.add_error(loc[2] if loc[2] in line.fields else None, msg)
        elif loc and loc[-1] in _FIELDS and loc[-1] in form.fields:
            form.add_error(str(loc[-1]), msg)
        else:
            form.add_error(None, f"{'.'.join(map(str, loc))}: {msg}")
        placed = True
    if not placed:
        form.add_error(None, problem.detail)
