"""Findings about the payment provider, the letters, the books and the clock."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.health.facts import Facts
from backoffice.health.finding import Finding, passed
from core import books as nightly

LATE = timedelta(minutes=5)
UNSETTLED = timedelta(minutes=15)
MOST_SKEW = 2.0
MOST_SHOWN = 20


def payments(facts: Facts) -> Iterator[Finding]:
    found = [*_providers(facts), *_unsettled(facts)]
    heard = [calls.heard for calls in facts.providers.values() if calls.heard]
    if not found and heard:
        yield Finding("payments", _("It last answered %(age)s ago.") % {"age": passed(max(heard), facts.now)})
    elif not found:
        yield Finding("payments", _("It was not asked yet."))
    yield from found


def _providers(facts: Facts) -> Iterator[Finding]:
    for name, calls in facts.providers.items():
        if calls.unheard and (not calls.heard or calls.heard < calls.unheard) and facts.now - calls.unheard < LATE:
            yield Finding(
                "payments",
                _("“%(name)s” gives no answers. Orders wait under a payment hold; nothing is charged twice.")
                % {"name": name},
                "provider-silent",
                "amber",
                calls.heard,
                _("Look at the provider's own status page, and at PROVIDER_URL and PROVIDER_KEY."),
            )


def _unsettled(facts: Facts) -> Iterator[Finding]:
    if facts.payments.oldest and facts.now - facts.payments.oldest > UNSETTLED:
        yield Finding(
            "payments",
            ngettext(
                "The outcome of %(n)d payment is unknown.",
                "The outcome of %(n)d payments is unknown.",
                facts.payments.unknown,
            )
            % {"n": facts.payments.unknown},
            "payments-unsettled",
            "amber",
            facts.payments.oldest,
            _("They are asked about every 30 seconds; look why the provider does not say."),
        )


def letters(facts: Facts) -> Iterator[Finding]:
    mail = facts.mail
    if mail is None:
        yield Finding("letters", _("No mail server is named: letters stay in the in-app mail box."))
    elif mail.failed or (mail.oldest and facts.now - mail.oldest > UNSETTLED):
        yield Finding(
            "letters",
            _("Letters cannot be sent: %(failed)d were given up, %(waiting)d wait.")
            % {"failed": mail.failed, "waiting": mail.waiting},
            "mail-failing",
            "amber",
            mail.oldest,
            _("Look at the mail server and at the error under Mail, Could not be sent."),
        )
    else:
        yield Finding("letters", _("Letters are sent."))


def books(facts: Facts) -> Iterator[Finding]:
    last = facts.heartbeats.get(nightly.NAME)
    checked_at = last.at if last else facts.installed
    if facts.now - checked_at > nightly.OVERDUE:
        yield Finding(
            "books",
            _("The nightly check did not run."),
            "check-overdue",
            "amber",
            checked_at,
            _("Look at scheduler and workers; run manage.py check_invariants meanwhile."),
        )
    if last and last.data["count"]:
        yield Finding(
            "books",
            _("%(n)d disagreements, in: %(names)s.")
            % {"n": last.data["count"], "names": "; ".join(sorted(last.data["wrong"]))},
            "books-disagree",
            "red",
            datetime.fromisoformat(last.data["since"]),
            _("Keep a dump, find the cause, do not edit rows."),
            tuple(sentence for said in last.data["wrong"].values() for sentence in said)[:MOST_SHOWN],
        )
    elif last:
        yield Finding(
            "books",
            _("%(age)s ago everything agreed: %(n)d rows in %(checks)d checks.")
            % {"age": passed(last.at, facts.now), "n": last.data["checked"], "checks": last.data["invariants"]},
        )
    elif facts.now - checked_at <= nightly.OVERDUE:
        yield Finding("books", _("It runs for the first time this night."))


def clock(facts: Facts) -> Iterator[Finding]:
    if abs(facts.ahead) > MOST_SKEW:
        yield Finding(
            "clock",
            _("The clock of this machine differs from the database's by %(n).1f seconds.") % {"n": abs(facts.ahead)},
            "clock-skew",
            "amber",
            step=_("Let both machines take their time from the same server (NTP)."),
        )
    else:
        yield Finding(
            "clock", _("Application and database agree on the time (%(zone)s).") % {"zone": settings.TIME_ZONE}
        )
