"""The forms of purchasing: a vendor, an order, a delivery that was counted."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from core.typed import AmountField, DayField
from inventory import lineforms
from inventory.serials.forms import NumbersField
from inventory.services import LARGEST
from inventory.tallies.screen import FinishForm
from purchasing.ordering import DEAREST, LONGEST_NOTE, Item, Wish
from purchasing.receiving import NUMBERS_OF
from purchasing.terms import LONGEST_LEAD as LONGEST_TERMS
from purchasing.terms import Terms
from purchasing.vendors import LONGEST_LEAD, Particulars

ONE_A_LINE = _("One a line: scan one after the other. What nobody reads now is asked for when it is packed.")
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _text(label: Any, most: int = 200, *, needed: bool = False, **more: Any) -> forms.CharField:
    attrs = {"autocomplete": "off"}
    return forms.CharField(label=label, max_length=most, required=needed, widget=forms.TextInput(attrs=attrs), **more)


class VendorForm(forms.Form):
    """How a vendor shall be; its code is given once."""

    name = _text(_("Name"), 100, needed=True)
    code = _text(_("Code"), 60, needed=True, help_text=_("Short, and never changed: it names the vendor in the books."))
    email = forms.EmailField(label=_("E-mail"), required=False)
    line1 = _text(_("Street and number"))
    postal_code = _text(_("Postcode"), 20)
    city = _text(_("City"), 100)
    country = _text(_("Country"), 2, needed=True, help_text=_("Two letters, such as FR."), initial="FR")
    currency = _text(_("Currency"), 3, needed=True, help_text=_("Three letters, such as EUR."), initial="EUR")
    lead_days = forms.IntegerField(
        label=_("Days until goods come"), min_value=0, max_value=LONGEST_LEAD, initial=7,
        help_text=_("From sending the order; what an order without a day is expected by."),
    )  # fmt: skip
    over_percent = forms.IntegerField(
        label=_("More than ordered, per cent"), min_value=0, max_value=100, initial=0,
        help_text=_("So much more of each line is taken without asking anybody."),
    )  # fmt: skip
    is_active = forms.BooleanField(label=_("We buy from it"), required=False, initial=True)

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["code"]

    def wish(self) -> Particulars:
        """What was typed."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "code"}
        given |= {name: given[name].upper() for name in ("country", "currency")}
        return Particulars(**given)


class TermsForm(forms.Form):
    """How a vendor brings an article to a place; which article and which place is said once."""

    sku = _text(_("SKU or barcode"), 100, needed=True, help_text=_("Type it or scan it."))
    location = forms.TypedChoiceField(label=_("Place"), coerce=UUID)
    lead_days = forms.IntegerField(
        label=_("Working days until goods come"), min_value=0, max_value=LONGEST_TERMS,
        help_text=_("From the day on which it is ordered."),
    )  # fmt: skip
    order_until = forms.TimeField(
        label=_("Ordered before"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("At the place’s own time. What is ordered later counts as ordered on the next working day."),
    )  # fmt: skip
    price = AmountField(label=_("Price"), min_value=Decimal(0), max_value=DEAREST)
    minimum = forms.IntegerField(label=_("At least"), min_value=1, max_value=LARGEST, initial=1)
    pack = forms.IntegerField(label=_("In packs of"), min_value=1, max_value=LARGEST, initial=1)
    promised_units = forms.IntegerField(
        label=_("May be promised"), min_value=0, max_value=LARGEST, initial=0,
        help_text=_("The most units that customers may be promised before they are ordered. 0: none."),
    )  # fmt: skip

    def __init__(self, *args: Any, places: list[tuple[str, str]] | None = None, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["price"].help_text = _("For a unit, in %(currency)s.") % {"currency": currency}
        if places is None:
            del self.fields["sku"], self.fields["location"]
        else:
            self.fields["location"].choices = places  # type: ignore[attr-defined]

    def wish(self) -> Terms:
        """What was typed."""
        return Terms(**{name: value for name, value in self.cleaned_data.items() if name not in ("sku", "location")})


class CostedLine(lineforms.LineForm):
    """One article of a purchase order."""

    unit_cost = AmountField(label=_("Unit cost"), min_value=Decimal(0), max_value=DEAREST, required=False)


Lines = lineforms.formset(CostedLine)
FIELDS = ("sku", "quantity", "unit_cost")


class OrderForm(forms.Form):
    """Whom it is bought from, for which place, until when."""

    vendor = forms.TypedChoiceField(label=_("Vendor"), coerce=UUID)
    location = forms.TypedChoiceField(label=_("Place"), coerce=UUID)
    expected_on = DayField(
        label=_("Expected on"), required=False, widget=DAY,
        help_text=_("Left empty: as many days after sending as the vendor takes."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Note"), required=False, max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(
        self, *args: Any, vendors: list[tuple[str, str]], places: list[tuple[str, str]], is_new: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vendor"].choices = vendors  # type: ignore[attr-defined]
        self.fields["location"].choices = places  # type: ignore[attr-defined]
        if not is_new:
            del self.fields["vendor"], self.fields["location"]

    def wish(self, lines: list[Any]) -> Wish:
        """What was typed. An article that there is not is left to the service to refuse."""
        known = lineforms.variants(lines)
        items = [
            Item(
                known.get(line.cleaned_data["sku"].strip().upper(), UUID(int=0)),
                line.cleaned_data.get("quantity") or 0,
                line.cleaned_data.get("unit_cost") or Decimal(0),
            )
            for line in lines
        ]
        return Wish(items, self.cleaned_data["expected_on"], self.cleaned_data["note"])


class BookForm(FinishForm):
    """What is said when a delivery is booked."""

    note = _text(_("Delivery note"))
    rest = forms.ChoiceField(
        label=_("What is missing"),
        choices=[("open", _("Is still waited for")), ("given_up", _("Will not come: give it up"))],
        widget=forms.RadioSelect,
        initial="open",
        required=False,
    )
    reason = _text(_("Why it is given up"))
    accepted = forms.BooleanField(label=_("Take what was not ordered, or is too much"), required=False)

    def __init__(self, *args: Any, short: bool, accepts: bool, numbered: Sequence[Variant] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for variant in numbered:
            self.fields[f"{NUMBERS_OF}{variant.pk}"] = NumbersField(
                label=_("Serial numbers of %(sku)s") % {"sku": variant.sku}, help_text=ONE_A_LINE, required=False
            )
        if not short:
            del self.fields["rest"], self.fields["reason"]
        if not accepts:
            del self.fields["accepted"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("rest") == "given_up" and not data.get("reason", "").strip():
            self.add_error("reason", _("Say why."))
        return data

    @property
    def number_fields(self) -> list[forms.BoundField]:
        """One for each article that asks for serial numbers."""
        return [self[name] for name in self.fields if name.startswith(NUMBERS_OF)]

    @property
    def numbers(self) -> dict[UUID, list[str]]:
        """The serial numbers by variant."""
        given = self.cleaned_data
        return {UUID(n.removeprefix(NUMBERS_OF)): given[n] for n in self.fields if n.startswith(NUMBERS_OF)}

    @property
    def given_up(self) -> str:
        """The reason why what is missing will not come; "" when it is still waited for."""
        given = self.cleaned_data
        return str(given.get("reason", "")) if given.get("rest") == "given_up" else ""
