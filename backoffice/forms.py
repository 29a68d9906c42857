from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from orders.models import Order
from tracking.forms import proves


class SignInForm(AuthenticationForm):
    """User name and password, with words that do not tell which of them was wrong."""

    error_messages = {
        "invalid_login": _("That user name and password do not go together."),
        "inactive": _("This account is closed."),
    }

    username = forms.CharField(
        label=_("User name"), widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class CounterForm(forms.Form):
    """The number of an order and what only its customer knows; `order` is the one they open."""

    order: Order | None = None

    number = forms.CharField(
        label=_("Order number"),
        max_length=64,
        error_messages={"required": _("Type the number of the order.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    proof = forms.CharField(
        label=_("Postcode of the delivery, or e-mail address of the order"),
        max_length=254,
        error_messages={"required": _("Type the postcode or the e-mail address of the order.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def typed_number(self) -> str:
        """The number as it was sent, in the form that tries are counted by."""
        return str(self.data.get("number", "")).strip().upper()[:64]

    def clean(self) -> dict[str, Any]:
        """Right when the proof fits the order; the words do not tell whether there is such an order."""
        values = super().clean() or {}
        if "number" not in values or "proof" not in values:
            return values
        found = Order.objects.filter(number__in={values["number"], values["number"].upper()}).first()
        if found is None or not proves(found, values["proof"]):
            raise forms.ValidationError(
                _("No order has this number together with this postcode or e-mail address. Look at both once more.")
            )
        self.order = found
        return values
