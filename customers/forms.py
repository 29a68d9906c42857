"""What is on file about a customer, as staff type it."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from customers.editing import Particulars
from customers.models import Customer

FIELDS = ("first_name", "last_name", "email", "phone", "language")


class CustomerForm(forms.Form):
    """Name, e-mail, telephone and language."""

    first_name = forms.CharField(label=_("First name"), required=False, max_length=100)
    last_name = forms.CharField(label=_("Last name"), required=False, max_length=100)
    email = forms.EmailField(label=_("E-mail"), required=False, max_length=254)
    phone = forms.RegexField(
        r"^[\d+ ()./-]*$", label=_("Telephone"), required=False, max_length=40,
        error_messages={"invalid": _("Write a telephone number with digits, spaces and a + only.")},
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )  # fmt: skip
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    @classmethod
    def of(cls, customer: Customer) -> "CustomerForm":
        """The form with what is on file."""
        return cls(initial={name: getattr(customer, name) for name in FIELDS})

    def particulars(self) -> Particulars:
        """What was typed."""
        return Particulars(**{name: self.cleaned_data[name].strip() for name in FIELDS})

    def labels(self) -> dict[str, str]:
        """The fields in words."""
        return {name: str(field.label) for name, field in self.fields.items()}
