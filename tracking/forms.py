import hmac
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.models import Order


class ProofForm(forms.Form):
    """The second factor: the postcode of the delivery or the e-mail address of the order."""

    proof = forms.CharField(
        label=_("Postcode of the delivery, or your e-mail address"),
        max_length=254,
        error_messages={"required": _("Type the postcode or the e-mail address of the order.")},
        widget=forms.TextInput(attrs={"autocomplete": "postal-code", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, order: Order | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._order = order
        if self.is_bound:
            self.fields["proof"].widget.attrs["autofocus"] = True

    def clean_proof(self) -> str:
        """Right when it is either of the two, however it is spaced or capitalised."""
        given: str = self.cleaned_data["proof"]
        if self._order is None or not proves(self._order, given):
            raise forms.ValidationError(
                _(
                    "This does not fit the order. Take the postcode of the delivery address, or the e-mail address"
                    " the order was placed with."
                )
            )
        return given


def proves(order: Order, given: str) -> bool:
    """Whether this is the postcode or the e-mail address of the order, however it is spaced or capitalised."""
    known = [order.email, order.shipping_address.get("postal_code") or ""]
    matches = [_same(given, value) for value in known if value]  # both are compared, so that the time tells nothing
    return any(matches)


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(_bare(given).encode(), _bare(known).encode())


def _bare(text: str) -> str:
    return "".join(text.split()).replace("-", "").casefold()
