"""The words of the templates: components with slots, icons, states, money and dates as people say them."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from babel import Locale
from babel.dates import get_timezone_location
from django import template
from django.conf import settings
from django.forms import BoundField
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.template.context import Context
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import charts, tracing, wording
from core.actors import SYSTEM
from core.addresses import telephone, town
from core.days import reader_day, zone
from core.locales import locale, number, percent, weight, written_day, written_time
from core.locales import say_day as say_day
from core.locales import say_time as say_time
from core.money import display
from core.permissions import allows

register = template.Library()


# Components: {% component "panel" title=_("Lines") %} … {% slot "actions" %} … {% endslot %} {% endcomponent %}


class SlotNode(template.Node):
    """A named part of a component's body."""

    def __init__(self, name: str, nodelist: NodeList) -> None:
        self.name = name
        self.nodelist = nodelist

    def render(self, context: Context) -> str:
        """Nothing in place: the component renders it where it belongs."""
        return ""


class ComponentNode(template.Node):
    """Renders `components/<name>.html` with the parameters, `slot` (the body) and one `slot_<name>` per named slot.

    The component sees its parameters only, as a function does, so that one inside another inherits nothing by chance.
    """

    def __init__(self, name: FilterExpression, params: dict[str, FilterExpression], nodelist: NodeList) -> None:
        self.name = name
        self.params = params
        self.nodelist = nodelist
        self.slots = [node for node in nodelist if isinstance(node, SlotNode)]

    def render(self, context: Context) -> str:
        values: dict[str, Any] = {key: value.resolve(context) for key, value in self.params.items()}
        values["slot"] = mark_safe(self.nodelist.render(context).strip())  # noqa: S308 - rendered by the engine
        for slot in self.slots:
            values[f"slot_{slot.name}"] = mark_safe(slot.nodelist.render(context).strip())  # noqa: S308 - as above
        body: Any = get_template(f"components/{self.name.resolve(context)}.html")
        values["request"] = context.get("request")
        values["csrf_token"] = context.get("csrf_token")
        return str(body.template.render(context.new(values)))


@register.tag
def component(parser: Parser, token: Token) -> ComponentNode:
    """`{% component "name" key=value … %}body{% endcomponent %}`: an include that takes a body and named slots."""
    bits = token.split_contents()[1:]
    if not bits:
        raise template.TemplateSyntaxError("component needs a name")
    name = parser.compile_filter(bits.pop(0))
    params = token_kwargs(bits, parser)
    if bits:
        raise template.TemplateSyntaxError(f"component takes key=value only, not {bits[0]}")
    nodelist = parser.parse(("endcomponent",))
    parser.delete_first_token()
    return ComponentNode(name, params, nodelist)


@register.tag
def slot(parser: Parser, token: Token) -> SlotNode:
    """`{% slot "actions" %}…{% endslot %}` directly inside a component."""
    name = token.split_contents()[1].strip("\"'")
    nodelist = parser.parse(("endslot",))
    parser.delete_first_token()
    return SlotNode(name, nodelist)


# Signs


@register.simple_tag
def icon(name: str, cls: str = "ic", label: str = "") -> SafeString:
    """A Lucide icon from the sprite. Without a label it is hidden from screen readers, as its word stands beside it."""
    return _drawn(str(name), str(cls), str(label))


@lru_cache(maxsize=4096)
def _drawn(name: str, cls: str, label: str) -> SafeString:
    """The same few hundred stand on every page many times."""
    return format_html(
        '<svg class="{}" {} viewBox="0 0 24 24"><use href="{}#{}"/></svg>',
        cls,
        format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"'),
        static("build/icons.svg"),
        name,
    )


@register.simple_tag
def state(status: str, kind: str = "order", note: str = "") -> SafeString:
    """A status as a dot in its tone and its word; `kind` is a key of `core.wording.KINDS`, `note` follows the word."""
    word = wording.word(str(status), kind)
    return format_html(
        '<span class="state tone-{}">{}{}</span>', word.tone, word.text, format_html(" · {}", note) if note else ""
    )


@register.filter
def state_word(status: str, kind: str = "order") -> str:
    """The word of a status without its dot."""
    return str(wording.word(str(status), kind).text)


@register.filter
def channel_word(kind: str) -> str:
    """A kind of channel in words."""
    return str(wording.CHANNEL_KINDS.get(kind, kind))


@register.filter
def tender_word(tender: str) -> str:
    """A way to pay in words."""
    return str(wording.TENDERS.get(tender, tender))


@register.filter
def movement_word(reason: str) -> str:
    """Why units moved, in words."""
    return str(wording.MOVEMENTS.get(reason, reason))


_ENDS = re.compile(r"ends on (\d{4}-\d\d-\d\d), (\d{1,5}) days must be left")


@register.filter
def note_words(note: str) -> str:
    """What is said about a movement: reasons and last days in the reader's words, what somebody typed as it is."""
    return ": ".join(_note_part(part) for part in note.split(": "))


def _note_part(part: str) -> str:
    ends = _ENDS.fullmatch(part)
    try:
        last = date.fromisoformat(ends[1]) if ends else None
    except ValueError:
        last = None
    if ends is None or last is None:
        return str(wording.MOVE_REASONS.get(part, part))
    day, left = written_day(last, "d MMMM y"), int(ends[2])
    said = ngettext("ends on %(day)s, %(n)d day must be left", "ends on %(day)s, %(n)d days must be left", left)
    return said % {"day": day, "n": left}


@register.filter
def actor_word(actor: str) -> str:
    """Who did it: people and programs by their names, what happens by itself in the reader's language."""
    return _("System") if actor == SYSTEM.label else actor


@register.filter
def condition_word(condition: str) -> str:
    """The condition of goods, in words."""
    return str(wording.CONDITIONS.get(condition, condition))


@register.filter
def account_kind(kind: str) -> str:
    """The kind of an account in words."""
    return str(wording.ACCOUNT_KINDS.get(kind, kind))


@register.filter
def language_word(code: str) -> str:
    """A language in the words of the reader."""
    return str(Locale.parse(locale()).languages.get(code, code)).capitalize()


@register.simple_tag
def widget(field: BoundField, **attributes: str | bool) -> SafeString:
    """A form field's widget with further attributes, such as the list that it suggests from."""
    return field.as_widget(attrs={**attributes})


# Numbers and dates


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """An amount with its currency in the reader's language; a dash when there is none."""
    return "—" if amount is None else display(amount, currency)


@register.filter
def signed(value: int) -> str:
    """A number with its sign, a true minus."""
    return f"+{number(value)}" if value > 0 else f"−{number(-value)}" if value < 0 else "0"


@register.filter
def count(value: int, cap: int = 1000) -> str:
    """A count with separators; beyond `cap` it is only `1,000+`, as lists do not count further."""
    return f"{number(cap)}+" if value > cap else number(value)


register.filter("hold_word", wording.hold)
register.filter("percent", percent)
register.filter("weight", weight)
register.filter("town", town)
register.filter("telephone", telephone)


def _local(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


def say_place_time(text: str, name: str) -> str:
    """A time of day at a place whose zone is not the reader's says whose it is: `09:30 (Lisbon time)`."""
    now = timezone.now()
    if now.astimezone(zone(name)).utcoffset() == timezone.localtime(now).utcoffset():
        return text
    city = get_timezone_location(name, locale=locale(), return_city=True)
    return _("%(time)s (%(city)s time)") % {"time": text, "city": city}


@register.filter
def place_time(value: datetime | time | None, name: str) -> str:
    """A time of day at a place, `{{ place.cut_off|place_time:place.time_zone }}`; it says whose when that differs."""
    if value is None:
        return "—"
    if isinstance(value, datetime):
        return say_place_time(say_time(value.astimezone(zone(name))), name)
    return say_place_time(written_time(value), name)


@register.filter
def when(value: date | datetime | None, style: str = "short") -> SafeString | str:
    """A moment as people say it, with the full one on hover; a dash when there is none.

    Alone: `short` (the time for today, else the day), `day` (never the time). Within a sentence: `full` (day and time)
    and `in` (the day).
    """
    if value is None or value == "":
        return "—"
    if not isinstance(value, datetime):
        return _written_day(value, style, reader_day(), locale())
    local = _local(value)
    return _written_moment(local, str(local.tzinfo), style, reader_day(), locale())


@lru_cache(maxsize=4096)
def _written_day(day: date, style: str, today: date, _language: str) -> SafeString:
    text = _within(say_day(day, today)) if style == "in" else say_day(day, today)
    return format_html('<time class="num" datetime="{}">{}</time>', day.isoformat(), text)


# The zone is named beside the moment, as moments are equal in every zone; the language, as the words depend on it.
@lru_cache(maxsize=4096)
def _written_moment(local: datetime, _zone: str, style: str, today: date, _language: str) -> SafeString:
    day = say_day(local.date(), today)
    if style == "full":
        text = say_moment(local)
    elif style == "in":
        text = _within(day)
    else:
        text = say_time(local) if style == "short" and local.date() == today else day
    exact = f"{written_day(local.date(), 'EEEE d MMMM y')}, {written_time(local)}"
    return format_html('<time class="num" datetime="{}" title="{}">{}</time>', local.isoformat(), exact, text)


def say_moment(value: datetime) -> str:
    """A moment in plain words within a sentence, `today 10:42`: for texts that hold no markup."""
    local = _local(value)
    return f"{_within(say_day(local.date()))} {say_time(local)}"


def _within(day: str) -> str:
    """A day within a sentence: its name without a capital."""
    return day[0].lower() + day[1:] if day in (_("Today"), _("Tomorrow"), _("Yesterday")) else day


@register.filter
def long_day(value: date | datetime | None) -> str:
    """A day in full words: `Monday 23 November`."""
    if value is None:
        return ""
    day = _local(value).date() if isinstance(value, datetime) else value
    return written_day(day, "EEEE d MMMM")


@register.filter
def age(value: datetime | timedelta | None) -> str:
    """How long ago, coarse: `41 min`, `1 h 52`, `3 days`; a dash when there is none."""
    if value is None:
        return "—"
    passed = value if isinstance(value, timedelta) else timezone.now() - value
    minutes = max(int(passed.total_seconds() // 60), 0)
    if minutes < 60:
        return _("%(n)d min") % {"n": minutes}
    if minutes < 10 * 60:
        return _("%(h)d h %(m)02d") % {"h": minutes // 60, "m": minutes % 60}
    if minutes < 72 * 60:
        return _("%(h)d h") % {"h": minutes // 60}
    return _("%(n)d days") % {"n": minutes // (24 * 60)}


# Pictures


BUCKET_ORDER = ("shipped", "packed", "picked", "released", "allocated", "backordered", "reserved", "draft", "cancelled")


def quantity_parts(quantities: Mapping[str, int]) -> list[dict[str, Any]]:
    """The non-empty buckets of a line in their order of progress, with the share of the bar that each takes."""
    total = sum(quantities.values()) or 1
    parts, at = [], 0.0
    for name in BUCKET_ORDER:
        quantity = quantities.get(name, 0)
        if not quantity:
            continue
        word, width = wording.BUCKET[name], 100 * quantity / total
        parts.append(
            {
                "x": round(at, 2),
                "width": round(width, 2),
                "tone": word.tone,
                "text": str(wording.BUCKET_COUNTS[name] % {"n": quantity}),
            }
        )
        at += width
    return parts


@register.inclusion_tag("components/quantity_bar.html")
def quantity_bar(line: Any) -> dict[str, Any]:
    """A line's units by state, as a bar and in words. Takes a mapping, or an object with the buckets as attributes."""
    values = line if isinstance(line, Mapping) else {name: getattr(line, name, 0) for name in wording.BUCKET}
    parts = quantity_parts({name: int(values.get(name) or 0) for name in wording.BUCKET})
    return {"parts": parts, "text": " · ".join(part["text"] for part in parts)}


@register.simple_tag
def spark(values: list[float]) -> SafeString:
    """A small curve without axes, for the trend beside a key figure."""
    return format_html(
        '<svg viewBox="0 0 90 28" class="chart w-[90px]" aria-hidden="true">'
        '<polyline class="curve" stroke-width="1.75" points="{}"/></svg>',
        charts.polyline(values),
    )


@register.simple_tag
def meter(value: float, top: float, tone: str = "plain") -> SafeString:
    """A horizontal bar for `value` of `top`."""
    width = 0 if not top else min(100.0, round(100 * float(value) / float(top), 1))
    return format_html(
        '<svg class="meter" aria-hidden="true" preserveAspectRatio="none">'
        '<rect class="fill-{}" width="{}%" height="100%" rx="3"/></svg>',
        tone,
        f"{max(width, 1.5) if value else 0:.1f}",
    )


# Links and rights


@register.filter
def can(user: Any, permission: str) -> bool:
    """Whether the user holds the permission somewhere: what is not allowed is not offered."""
    return allows(user, permission)


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The query string of this page with `changes`; an empty value takes the key away, and paging starts again."""
    params = context["request"].GET.copy()
    params.pop("cursor", None)
    for key, value in changes.items():
        if value in (None, ""):
            params.pop(key, None)
        else:
            params[key] = value
    return f"?{params.urlencode()}"


@register.filter
def with_query(url: str, value: Any) -> str:
    """`url|with_query:"status=on_hold"`, or a mapping."""
    return f"{url}?{value if isinstance(value, str) else urlencode(value)}"


@register.simple_tag
def company() -> str:
    """The name of the retailer that runs this."""
    return str(getattr(settings, "COMPANY_NAME", "Maison Lumen"))


@register.simple_tag
def request_number() -> str:
    """The number of this request, by which it is found in the log."""
    return tracing.current()
