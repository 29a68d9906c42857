"""The forms about people, roles, tablets and one's own account."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from core.people.persons import Details
from core.people.roles import Shown, Wish

EVERYWHERE = "everywhere"
CODE = {"inputmode": "numeric", "autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
PIN = {"inputmode": "numeric", "autocomplete": "off", "pattern": "[0-9]*"}


class AddressForm(forms.Form):
    """The mail address that a link is sent to."""

    email = forms.EmailField(
        label=_("Mail address"),
        max_length=254,
        error_messages={
            "required": _("Type your mail address."),
            "invalid": _("Give a mail address such as anna@example.com."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class CodeForm(forms.Form):
    """A code of the app or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("The six digits that your app shows now, or one of your recovery codes."),
        max_length=40,
        error_messages={"required": _("Type the code.")},
        widget=forms.TextInput(attrs=CODE | {"autofocus": True, "inputmode": "text"}),
    )
    remember = forms.BooleanField(
        label=_("Do not ask in this browser for 30 days"),
        help_text=_("Only on a device that is yours."),
        required=False,
    )


class ConfirmForm(forms.Form):
    """The first code that the app shows."""

    code = forms.CharField(
        label=_("Code shown by the app"),
        max_length=10,
        error_messages={"required": _("Type the code.")},
        widget=forms.TextInput(attrs=CODE),
    )


def _rules() -> str:
    return " ".join(str(text) for text in password_validators_help_texts())


class NewPasswordForm(forms.Form):
    """A password, typed twice."""

    password = forms.CharField(
        label=_("New password"),
        help_text=lazy(_rules, str)(),
        max_length=200,
        strip=False,
        error_messages={"required": _("Type a password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("The same once more"),
        max_length=200,
        strip=False,
        error_messages={"required": _("Type it once more.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        """Both are the same."""
        values = super().clean() or {}
        if {"password", "again"} <= set(values) and values["password"] != values["again"]:
            self.add_error("again", _("This is not the same as above."))
        return values


class PasswordForm(NewPasswordForm):
    """One's own password: the one before proves who asks."""

    old = forms.CharField(
        label=_("Password now"),
        max_length=200,
        strip=False,
        error_messages={"required": _("Type your password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("old", "password", "again")


class PinForm(forms.Form):
    """The digits for shared tablets; the password proves who asks."""

    pin = forms.CharField(
        label=_("PIN"),
        help_text=_("6 to 12 digits, for shared tablets only."),
        max_length=12,
        error_messages={"required": _("Type the digits.")},
        widget=forms.PasswordInput(attrs=PIN | {"autocomplete": "new-password"}),
    )
    password = forms.CharField(
        label=_("Password now"),
        max_length=200,
        strip=False,
        error_messages={"required": _("Type your password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class DetailsForm(forms.Form):
    """Who somebody is."""

    first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    email = forms.EmailField(
        label=_("Mail address"),
        max_length=254,
        error_messages={
            "required": _("Type a mail address."),
            "invalid": _("Give a mail address such as anna@example.com."),
        },
    )
    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        help_text=_("Letters, digits and @ . + - _, what they type to sign in."),
        error_messages={"required": _("Type a user name.")},
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )

    def details(self) -> Details:
        """What was typed."""
        given = self.cleaned_data
        return Details(given["username"], given["email"], given["first_name"].strip(), given["last_name"].strip())

    def typed(self) -> list[tuple[str, str]]:
        """The same, field by field in words."""
        return [(str(field.label), self.cleaned_data[name]) for name, field in self.fields.items()]


class GrantForm(forms.Form):
    """A role, everywhere or at a place."""

    role = forms.ChoiceField(label=_("Role"), error_messages={"required": _("Choose a role.")})
    place = forms.ChoiceField(label=_("Where"), error_messages={"required": _("Choose where.")})

    def __init__(self, *args: Any, roles: Iterable[Shown], places: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [("", "—"), *((role.code, role.name) for role in roles)]  # type: ignore[attr-defined]
        everywhere = (EVERYWHERE, _("Everywhere"))
        self.fields["place"].choices = [everywhere, *places]  # type: ignore[attr-defined]


class InviteForm(DetailsForm, GrantForm):
    """Somebody new with their first role."""

    field_order = ("first_name", "last_name", "email", "username", "role", "place")


class RoleForm(forms.Form):
    """A role: its words, what it allows, how its people sign in."""

    name = forms.CharField(label=_("Name"), max_length=60, error_messages={"required": _("Give the role a name.")})
    description = forms.CharField(
        label=_("What it is for"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    needs_second_factor = forms.BooleanField(
        label=_("Needs a second factor"),
        help_text=_("Its people set one up at their next sign-in."),
        required=False,
    )
    idle_minutes = forms.IntegerField(
        label=_("Signed out after minutes without use"),
        min_value=5,
        max_value=1440,
        error_messages={"required": _("Give 5 to 1440 minutes."), "invalid": _("Give a whole number of minutes.")},
    )
    permissions = forms.MultipleChoiceField(required=False, widget=forms.MultipleHiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["permissions"].choices = [(name, name) for name in settings.PERMISSIONS]  # type: ignore[attr-defined]

    def wish(self) -> Wish:
        """What was chosen."""
        given = self.cleaned_data
        return Wish(
            given["name"].strip(),
            given["description"].strip(),
            frozenset(given["permissions"]),
            given["needs_second_factor"],
            given["idle_minutes"],
        )


class DeviceForm(forms.Form):
    """A tablet and its place."""

    name = forms.CharField(
        label=_("Name of the tablet"),
        max_length=60,
        help_text=_("As it stands on its back, for example “Counter 2”."),
        error_messages={"required": _("Give the tablet a name.")},
    )
    place = forms.ChoiceField(label=_("Place"), error_messages={"required": _("Choose a place.")})
    idle_minutes = forms.IntegerField(
        label=_("Locks itself after minutes without use"),
        min_value=1,
        max_value=60,
        initial=3,
        error_messages={"required": _("Give 1 to 60 minutes."), "invalid": _("Give a whole number of minutes.")},
    )

    def __init__(self, *args: Any, places: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = [("", "—"), *places]  # type: ignore[attr-defined]
