"""Of the company: exceptions by age, figures against a week ago, where orders wait, and whether everything runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backoffice.health.facts import gather
from backoffice.health.judge import judge
from backoffice.home import behind, counts
from backoffice.home.behind import first
from backoffice.home.parts import Figure, Nothing, Panel, Part, Row, counted
from backoffice.incident_tables import NEXT, kind_word, subjects_of, thing_of
from core.cache import FIGURES, kept
from core.days import midnight, reader_day
from core.db import rows
from core.locales import number, percent, say_day
from core.models import Incident
from core.money import display
from core.permissions import allows
from core.templatetags.ui import age
from integrations.models import ApiKey
from orders.selectors import waiting

SHOWN = 6


def exceptions(user: Any) -> Part:
    """What endangers a promise, the oldest first, each with its owner and the next step."""
    list_behind = behind.EXCEPTIONS
    open_ones = first(list_behind.rows(user).order_by("opened_at", "id"), SHOWN)
    about = subjects_of([thing_of(each) for each in open_ones])
    panel = Panel(
        "exceptions",
        _("Exceptions by age"),
        items=[_exception(each, *about.get(thing_of(each), ("—", list_behind.href))) for each in open_ones],
        all_url=list_behind.href,
        all_label=_("All exceptions"),
        nothing=Nothing(_("Nothing is in the way"), _("What endangers a promise shows here by itself.")),
    )
    return Part(
        [counted(_("Exceptions"), list_behind.count(user), list_behind.href, pgettext("exceptions", "open"))], [panel]
    )


def _exception(incident: Incident, reference: str, url: str) -> Row:
    assignee: Any = incident.assignee
    return Row(
        reference=reference,
        url=url,
        what=kind_word(incident.kind),
        tone="red" if timezone.now() - incident.opened_at > timedelta(days=1) else "amber",
        owner=(assignee.get_full_name() or assignee.get_username()) if assignee else _("nobody yet"),
        since=incident.opened_at,
        next=str(NEXT.get(incident.kind, _("Look at it"))),
        next_url=url,
    )


WEEK = """
SELECT (placed_at AT TIME ZONE %(zone)s)::date AS day, currency, count(*)::int AS orders, sum(total) AS value,
       count(*) FILTER (WHERE placed_at < %(until)s)::int AS orders_until,
       coalesce(sum(total) FILTER (WHERE placed_at < %(until)s), 0) AS value_until
FROM orders_order WHERE placed_at >= %(since)s AND status <> 'cancelled' GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """Orders of a day in a currency, and those of them up to the time of day that it is now."""

    day: date
    currency: str
    orders: int
    value: Decimal
    orders_until: int
    value_until: Decimal


def _week(since: date, zone: str) -> list[Placed]:
    until = timezone.now() - timedelta(days=7)
    return [Placed(*row) for row in rows(WEEK, {"zone": zone, "since": midnight(since), "until": until})]


def trend(user: Any) -> Part:
    """Orders and their value today, against the same weekday a week ago up to the same time."""
    today, zone = reader_day(), timezone.get_current_timezone_name()
    week_ago = today - timedelta(days=7)
    found = kept("week", lambda: _week(week_ago, zone), week_ago, zone, seconds=FIGURES)
    days = [week_ago + timedelta(days=n) for n in range(8)]
    per_day = {day: sum(row.orders for row in found if row.day == day) for day in days}
    before = sum(row.orders_until for row in found if row.day == week_ago)
    since = _("against %(day)s at this time") % {"day": say_day(week_ago)}
    formula = _("Orders placed since midnight, cancelled ones left out; the curve shows the last seven days.")
    figures = [
        Figure(
            _("Orders today"), number(per_day[today]), behind.TODAY.href, since, **_change(per_day[today], before),
            trend=[float(per_day[day]) for day in days[1:]], formula=formula,
        )
    ]  # fmt: skip
    figures += _values(found, today, week_ago, since)
    return Part(figures)


def _values(found: Sequence[Placed], today: date, week_ago: date, since: str) -> list[Figure]:
    now = {row.currency: row.value for row in found if row.day == today}
    before = {row.currency: row.value_until for row in found if row.day == week_ago}
    return [
        Figure(
            _("Value today, %(currency)s") % {"currency": currency},
            display(value, currency),
            behind.TODAY.href,
            since,
            **_change(value, before.get(currency, Decimal(0))),
        )
        for currency, value in sorted(now.items(), key=lambda item: -item[1])[:2]
    ]


def _change(now: Any, before: Any) -> dict[str, Any]:
    """By how much, in percent, with its sign and tone; nothing to compare with says nothing."""
    if not before:
        return {}
    share = (Decimal(now) - Decimal(before)) / Decimal(before)
    sign = "+" if share > 0 else "−" if share < 0 else ""
    return {"delta": f"{sign}{percent(abs(share), 0)}", "tone": "green" if share >= 0 else "red"}


def funnel(user: Any) -> Part:
    """Where open orders wait now, stage by stage, each with its oldest."""
    words = {
        "on_hold": _("On hold"),
        "reserved": _("Waiting for routing"),
        "backordered": _("Without stock"),
        "allocated": _("Waiting for release"),
        "released": _("To pick"),
        "picked": _("To pack"),
        "packed": _("To hand to carrier"),
    }
    now = kept("waiting", waiting, seconds=FIGURES)
    items = [
        {
            "label": words[stage],
            "value": now[stage].orders,
            "href": f"{reverse('orders')}?{'status=on_hold' if stage == 'on_hold' else f'stage={stage}'}",
            "end": age(now[stage].oldest),
            "tone": "amber" if stage in ("on_hold", "backordered") else "plain",
        }
        for stage in words
        if stage in now
    ]
    panel = Panel(
        "funnel",
        _("Where orders wait now"),
        kind="bars",
        items=items,
        note=_("age of the oldest order"),
        top=max((each.orders for each in now.values()), default=0),
        all_url=reverse("insight") if allows(user, "insight.view") else "",
        all_label=_("Insight"),
        nothing=Nothing(_("No order is under way"), _("Each stage of an order’s way shows here with its oldest.")),
        wide=True,
    )
    return Part(panels=[panel])


def running(user: Any) -> Part:
    """Whether the system runs, in words, with what stopped."""
    facts = kept("health", gather, seconds=FIGURES)
    wrong = [each for each in judge(facts) if each.alarm]
    rows_ = [
        Row(
            reference=each.name, url=reverse("health"), what=each.words, tone=each.tone, since=each.since,
            next=_("Open"), next_url=reverse("health"),
        )
        for each in wrong[:SHOWN]
    ]  # fmt: skip
    panel = Panel(
        "health",
        pgettext("home", "Health"),
        kind="facts",
        items=rows_,
        all_url=reverse("health"),
        all_label=_("All parts"),
        nothing=Nothing(
            _("Everything runs"), _("Database, workers, payments and letters were looked at a moment ago.")
        ),
    )
    stopped = counts.stopped_work(user)
    figure = counted(_("Stopped work"), stopped, reverse("work-queue"), _("waits for a decision"))
    return Part([figure] if stopped else [], [panel])


def access(user: Any) -> Part:
    """People without a role, and the programs that hold a key."""
    keys = ApiKey.objects.filter(revoked_at=None).count()
    figures = [Figure(_("API keys in use"), number(keys), "", _("programs that may call"))]
    if allows(user, "people.manage"):
        found, note = behind.ROLELESS, _("can sign in and see nothing")
        figures.insert(0, counted(_("People without a role"), found.count(user), found.href, note, tone="amber"))
    return Part(figures)
