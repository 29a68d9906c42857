"""Making a count of bins or articles of a place, and giving it up again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Variant
from core.actors import Actor
from core.db import require_atomic, rows
from core.ids import new_id
from core.once import made_once
from core.problems import Conflict, Invalid, NotFound
from core.states import apply
from core.timeline import record
from inventory.counts import rules
from inventory.counts.due import classify, due
from inventory.counts.following import follow
from inventory.counts.selectors import who_may_count
from inventory.counts.states import STOCK_COUNT
from inventory.models import Bin, CountBin, Location, StockCount

Scope = StockCount.Scope
MOST = 500
LONGEST_NOTE = 1_000
NEXT = "SELECT nextval('inventory_count_number') AS n"
NOT_OURS = (Location.Kind.VENDOR, Location.Kind.TRANSIT)
# Where articles lie: in bins, and for what is in none, NULL.
LIE_IN = """
SELECT DISTINCT h.bin_id FROM inventory_holding h JOIN inventory_stock s ON s.id = h.stock_id
WHERE s.location_id = %(place)s AND s.variant_id = ANY(%(variants)s)
UNION
SELECT NULL::uuid FROM inventory_stock s CROSS JOIN LATERAL (
    SELECT coalesce(sum(h.units), 0) AS units FROM inventory_holding h WHERE h.stock_id = s.id) h
WHERE s.location_id = %(place)s AND s.variant_id = ANY(%(variants)s)
  AND s.on_hand + s.damaged + s.quarantine > h.units
UNION
SELECT NULL::uuid FROM unnest(%(variants)s::uuid[]) AS w(id)
WHERE NOT EXISTS (SELECT FROM inventory_stock s JOIN inventory_holding h ON h.stock_id = s.id
                  WHERE s.variant_id = w.id AND s.location_id = %(place)s)
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be counted: bins by code, articles by SKU, or so many articles as are due (`most`)."""

    scope: str
    codes: Sequence[str] = ()
    most: int = 0
    assignee: str = ""
    note: str = ""


def lock(count_id: UUID) -> StockCount:
    """The count, locked: the arbiter of all that is settled of it. NotFound when there is none."""
    require_atomic()
    found = StockCount.objects.select_for_update(no_key=True, of=("self",)).select_related("location")
    count = found.filter(pk=count_id).first()
    if count is None:
        raise NotFound(_("There is no such count."))
    return count


def make(
    location_id: UUID, wish: Wish, *, actor: Actor, is_proposal: bool = False, key: UUID | None = None
) -> StockCount:
    """A count that people may begin at once; a proposal waits for somebody to start it. Under the same `key` it is made
    once.

    Conflict when another one was made under it.
    """
    place = Location.objects.filter(pk=location_id, is_active=True).exclude(kind__in=NOT_OURS).first()
    if place is None:
        raise Invalid.field(["location"], _("choose a place of ours"))
    if len(wish.note) > LONGEST_NOTE:
        raise Invalid.field(["note"], _("up to %(most)s characters") % {"most": LONGEST_NOTE})
    key = key or new_id()
    made = made_once(
        StockCount,
        key,
        lambda: _make(key, place, wish, actor=actor, is_proposal=is_proposal),
        lambda known: _is_as_wished(known, place, wish),
    )
    if made is None:
        number = StockCount.objects.get(pk=key).number
        raise Conflict(
            _("This form was kept as %(number)s before. Keep it again to write another one.") % {"number": number}
        )
    return made


def _is_as_wished(known: StockCount, place: Location, wish: Wish) -> bool:
    """Made of the same form; what was due is due no more once it is counted."""
    if (known.location_id, known.scope, known.note) != (place.pk, wish.scope, wish.note.strip()):
        return False
    if wish.scope == Scope.DUE:
        return True
    bins, articles = _scope(place, wish)
    return set(known.articles) == set(articles) and (
        bool(articles) or set(known.bins.values_list("bin", flat=True)) == set(bins)
    )


def _make(key: UUID, place: Location, wish: Wish, *, actor: Actor, is_proposal: bool) -> StockCount:
    bins, articles = _scope(place, wish)
    rule = rules.rule_of(place.pk)
    with transaction.atomic():
        count = StockCount.objects.create(
            id=key, number=f"CN-{rows(NEXT)[0].n}", location=place, scope=wish.scope, articles=articles,
            status="proposed" if is_proposal else "open", assignee=_person(wish.assignee, place),
            units=rule.units, value=rule.value, recounts=rule.recounts, note=wish.note.strip(),
        )  # fmt: skip
        CountBin.objects.bulk_create(CountBin(count=count, bin_id=bin_id) for bin_id in bins)
        data = {"bins": len(bins), "articles": len(articles), "for": str(count.assignee or "")}
        record(count.pk, "stock_count.make", actor=actor, after=count.status, data={n: v for n, v in data.items() if v})
    return count


def _scope(place: Location, wish: Wish) -> tuple[list[UUID | None], list[UUID]]:
    """The bins to go to (None: what lies in none), and the articles to look for in them (none: all)."""
    if wish.scope == Scope.BINS:
        return list(_bins(place, wish.codes)), []
    if wish.scope not in Scope.values:
        raise Invalid.field(["scope"], _("choose what is counted"))
    articles = _articles(wish.codes) if wish.scope == Scope.ARTICLES else _due(place, wish.most)
    return [row.bin_id for row in rows(LIE_IN, {"place": place.pk, "variants": articles})], articles


def _bins(place: Location, codes: Sequence[str]) -> list[UUID]:
    """Each a code, or the beginning of several with a star: A-01*."""
    wanted = _typed(codes)
    found: dict[UUID, None] = {}
    for code in wanted:
        here = Bin.objects.filter(location=place, is_active=True)
        here = here.filter(code__istartswith=code[:-1]) if code.endswith("*") else here.filter(code__iexact=code)
        keys = list(here.order_by("walk", "code").values_list("pk", flat=True)[: MOST + 1])
        if not keys:
            raise Invalid.field(["codes"], _("“%(code)s” is no bin of %(place)s") % {"code": code[:40], "place": place.name})  # fmt: skip
        found |= dict.fromkeys(keys)
    if len(found) > MOST:
        raise Invalid.field(["codes"], _("%(n)s bins at once at most") % {"n": MOST})
    return list(found)


def _articles(codes: Sequence[str]) -> list[UUID]:
    wanted = _typed(codes)
    found = dict(Variant.objects.filter(sku__in=wanted, is_stocked=True).values_list("sku", "pk"))
    missing = next((code for code in wanted if code not in found), None)
    if missing is not None:
        raise Invalid.field(["codes"], _("“%(code)s” is no SKU of an article that is stocked") % {"code": missing[:40]})
    return list(found.values())


def _typed(codes: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(code.strip() for code in codes if code.strip()))
    if not 0 < len(wanted) <= MOST:
        raise Invalid.field(["codes"], _("give 1 to %(most)s codes, each on its line") % {"most": MOST})
    return wanted


def _due(place: Location, most: int) -> list[UUID]:
    if not 0 < most <= rules.MOST_LINES:
        raise Invalid.field(["most"], _("must be from %(least)s to %(most)s") % {"least": 1, "most": rules.MOST_LINES})
    found = due(place.pk, rules.rule_of(place.pk))[:most]
    if not found:
        raise Invalid.field(["scope"], _("nothing is due at %(place)s: all of it was counted lately") % {"place": place.name})  # fmt: skip
    return [each.variant_id for each in found]


def _person(key: str, place: Location) -> Any:
    """Whom it is given to, of those who count there; nobody for ""."""
    if not key:
        return None
    if key not in dict(who_may_count({place.pk})):
        raise Invalid.field(["assignee"], _("choose somebody who counts at %(place)s") % {"place": place.name})
    return get_user_model().objects.get(pk=key)


def start(count_id: UUID, *, actor: Actor) -> StockCount:
    """A proposal is to be counted. A second call changes nothing."""
    with transaction.atomic():
        count = lock(count_id)
        if count.status == "open":
            return count
        count = apply(STOCK_COUNT, count, "start", actor=actor)
        follow(count, actor=actor)
    return count


def assign(count_id: UUID, assignee: str, *, actor: Actor) -> StockCount:
    """Give it to somebody, or to whoever comes by ("")."""
    with transaction.atomic():
        count = lock(count_id)
        person = _person(assignee, count.location)
        if count.assignee == person:
            return count
        if count.status not in ("open", "proposed"):
            raise Conflict(_("%(number)s is over: nobody counts it any more.") % {"number": count.number})
        before, count.assignee = str(count.assignee or ""), person
        count.save(update_fields=["assignee"])
        record(count.pk, "stock_count.assign", actor=actor, before=before, after=str(person or ""))
    return count


def cancel(count_id: UUID, *, actor: Actor, reason: str) -> StockCount:
    """Nothing more of it is counted or posted; what is settled stays. A second call changes nothing."""
    if not reason.strip():
        raise Invalid.field(["reason"], _("say why"))
    with transaction.atomic():
        count = lock(count_id)
        if count.status == "cancelled":
            return count
        told = {"reason": reason.strip()[:200]}
        return apply(STOCK_COUNT, count, "cancel", actor=actor, data=told, closed_at=timezone.now())


def propose(*, actor: Actor) -> int:
    """By night: a count of what is due at each place that wants it, where none is proposed yet; how many were made."""
    made = 0
    places = Location.objects.filter(is_active=True).exclude(kind__in=NOT_OURS).order_by("code")
    waiting = set(StockCount.objects.filter(status="proposed").values_list("location_id", flat=True))
    for place in places:
        rule = rules.rule_of(place.pk)
        if not rule.proposes:
            continue
        classify(place.pk)
        if place.pk in waiting or not due(place.pk, rule):
            continue
        try:
            with transaction.atomic():
                make(place.pk, Wish(Scope.DUE, most=rule.most), actor=actor, is_proposal=True)
        except IntegrityError:  # another worker was faster
            continue
        made += 1
    return made
