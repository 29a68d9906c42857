"""The form by which a unit costs something else."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory.valuation.costs import LARGEST_COST, LONGEST_REASON, PLACES


class CostForm(forms.Form):
    """The cost of a unit from now on, and why."""

    cost = forms.DecimalField(
        label=_("New standard cost of a unit, in euros"), min_value=Decimal(0), max_value=LARGEST_COST,
        decimal_places=PLACES, max_digits=12, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Reason"), max_length=LONGEST_REASON, help_text=_("Such as a new price list of the vendor. The ledger bears it.")
    )  # fmt: skip
