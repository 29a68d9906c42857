"""The mail box: what customers were told."""

from typing import Any
from urllib.parse import quote

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core.lists import Choice, Column, ListSpec, Reference, Several, Sort, Tab, registry
from core.templatetags.ui import when
from notifications import selectors
from notifications.models import Message
from notifications.words import KIND_WORDS, STATES


def _state(state: str) -> Q:
    if state == "stuck":
        return Q(sent_at=None) & ~Q(error="")
    return Q(sent_at=None, error="") if state == "waiting" else Q(sent_at__isnull=False)


def _search(found: QuerySet[Message], text: str) -> QuerySet[Message]:
    return found.filter(selectors.mentions(text))


def address(message: Message) -> str:
    """The page of a message."""
    return reverse("mail-message", args=[message.pk])


def _subject(message: Message) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', address(message), message.subject)


def _order(message: Any) -> SafeString | str:
    number = getattr(message, "number", "")
    return format_html('<a class="plain num" href="/orders/{}/">{}</a>', quote(number), number) if number else ""


def _state_word(message: Message) -> SafeString:
    tone, word = STATES[message.state]
    return format_html('<span class="state tone-{}">{}</span>', tone, word)


def _with_numbers(messages: list[Any]) -> None:
    numbers = selectors.numbers_of(messages)
    for message in messages:
        message.number = numbers.get(message.about, "")


MAIL = registry.register(
    ListSpec(
        name="mail",
        model=Message,
        title=_("Mail"),
        subtitle=_("What customers were told, as they got it."),
        none_fits=_("No message fits this search."),
        nothing_yet=_(
            "When an order is placed, leaves, arrives, is cancelled or comes back, its customer is told, and the letter is kept here."
        ),
        permission="mail.view",
        base=lambda user: selectors.mail_box(),
        columns=(
            Column(
                name="subject", label=_("Subject"), value=lambda m: m.subject, cell=_subject, phone="full", fixed=True
            ),
            Column(name="to", label=_("To"), value=lambda m: m.to, phone="full", css="break-all"),
            Column(name="order", label=_("Order"), value=lambda m: getattr(m, "number", ""), cell=_order, phone="hide"),
            Column(name="kind", label=_("Kind"), value=lambda m: str(KIND_WORDS.get(m.kind, m.kind)), phone="hide"),
            Column(name="state", label=_("State"), value=lambda m: str(STATES[m.state][1]), cell=_state_word),
            Column(
                name="written",
                label=_("Written"),
                value=lambda m: m.created_at,
                cell=lambda m: when(m.created_at),
                sort="id",
                first="-",
                numeric=True,
                phone="end",
            ),
            Column(name="language", label=_("Language"), value=lambda m: m.language, phone="hide", shown=False),
            Column(name="tries", label=_("Tries"), value=lambda m: m.attempts, numeric=True, phone="hide", shown=False),
            Column(name="error", label=_("Error"), value=lambda m: m.error, phone="full", shown=False),
        ),
        filters=(
            Several(name="kind", label=_("Kind"), choices=list(KIND_WORDS.items())),
            Choice(
                name="state",
                label=_("State"),
                choices=[("stuck", _("Could not be sent")), ("waiting", _("Waiting")), ("sent", _("Sent"))],
                effect=_state,
            ),
            Reference(name="about", label=_("One order"), field="about"),
        ),
        tabs=(
            Tab(name="all", label=_("All"), counted=False),
            Tab(name="stuck", label=_("Could not be sent"), query="state=stuck"),
            Tab(name="waiting", label=_("Waiting"), query="state=waiting"),
        ),
        sort="-written",
        sorts=(Sort(label=_("Newest first"), by="-written"), Sort(label=_("Oldest first"), by="written")),
        search=_search,
        search_hint=_("E-mail address or order number"),
        link=address,
        prepare=_with_numbers,
        route="mail",
        icon="mail",
    )
)
