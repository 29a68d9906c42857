"""The list of people: who they are, what they may do and where, when they were last here."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from backoffice.people.forms import EVERYWHERE
from backoffice.timeline_words import is_id
from core.lists import Choice, Column, Flag, ListSpec, Sort, Tab, registry
from core.models import Grant
from core.people.authority import MANAGE
from core.people.roles import all_roles
from core.permissions import locations_of
from core.templatetags.ui import when
from inventory.models import Location
from inventory.selectors import place_choices

MOST_WORDS = 5
OPEN = pgettext_lazy("account", "Open")
STATES = {
    "open": (OPEN, "green", Q(is_active=True)),
    "invited": (gettext_lazy("Invited"), "grey", Q(is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX)),
    "closed": (gettext_lazy("Closed"), "red", Q(is_active=False)),
}
"""Word, tone and condition. Who is invited has an open account without a password yet."""


def _seen_by(user: Any) -> QuerySet[Any]:
    """Everybody, for those who manage people everywhere, and for nobody else."""
    people = get_user_model().objects.select_related("second_factor")
    return people if locations_of(user, MANAGE) is None else people.none()


def _search(found: QuerySet[Any], text: str) -> QuerySet[Any]:
    for word in text.split()[:MOST_WORDS]:
        fields = ("username", "first_name", "last_name", "email")
        found = found.filter(Q(*((f"{field}__icontains", word) for field in fields), _connector=Q.OR))
    return found


def held(people: list[Any]) -> dict[int, list[dict[str, Any]]]:
    """The roles of some people, each with its name and that of its place."""
    roles = {role.code: role for role in all_roles()}
    given = list(Grant.objects.filter(user__in=people).order_by("role"))
    where = dict(Location.objects.filter(pk__in={grant.location_id for grant in given}).values_list("pk", "name"))
    found: dict[int, list[dict[str, Any]]] = {}
    for grant in given:
        role = roles[grant.role]
        row = {
            "id": grant.pk,
            "role": grant.role,
            "name": role.name,
            "careful": role.wish.needs_second_factor,
            "place": where.get(grant.location_id, "") if grant.location_id else "",
        }
        found.setdefault(grant.user_id, []).append(row)
    return found


def _with_roles(people: list[Any]) -> None:
    """Three statements for any number."""
    given = held(people)
    for person in people:
        person.held = given.get(person.pk, [])


def name_of(person: Any) -> str:
    """What somebody is called."""
    return str(person.get_full_name() or person.get_username())


def _link(person: Any) -> str:
    return reverse("person", args=[person.pk])


def _name(person: Any) -> SafeString:
    known = " · ".join(filter(None, (person.username, person.email)))
    link = format_html('<a class="ref font-medium" href="{}">{}</a>', _link(person), name_of(person))
    return format_html('{}<span class="sub">{}</span>', link, known)


def _roles(person: Any) -> SafeString:
    if not person.held:
        return format_html('<span class="muted">{}</span>', _("None yet"))
    lines = ((grant["name"], f"· {grant['place']}" if grant["place"] else "") for grant in person.held)
    return format_html_join("", '<span class="block">{} <span class="muted">{}</span></span>', lines)


def _roles_said(person: Any) -> str:
    return ", ".join(f"{grant['name']} · {grant['place'] or _('Everywhere')}" for grant in person.held)


def _factor(person: Any) -> str:
    """Whether the second factor is set up, owed, or neither."""
    factor = getattr(person, "second_factor", None)
    if factor is not None and factor.confirmed_at:
        return "set up"
    return "owed" if any(grant["careful"] for grant in person.held) else ""


FACTOR = {"set up": (gettext_lazy("Set up"), "green"), "owed": (gettext_lazy("Owed"), "amber")}


def _factor_said(person: Any) -> str:
    found = FACTOR.get(_factor(person))
    return str(found[0]) if found else ""


def _factor_cell(person: Any) -> SafeString | str:
    found = FACTOR.get(_factor(person))
    return _badge(*found) if found else "—"


def _badge(word: Any, tone: str) -> SafeString:
    return format_html('<span class="state tone-{}">{}</span>', tone, word)


def _state(person: Any) -> str:
    if not person.is_active:
        return "closed"
    return "open" if person.has_usable_password() else "invited"


def _with_role(code: str) -> Q:
    return Q(pk__in=Grant.objects.filter(role=code).values("user"))


def _at_place(place: str) -> Q:
    if place != EVERYWHERE and not is_id(place):
        return Q(pk__in=[])
    return Q(pk__in=Grant.objects.filter(location_id=None if place == EVERYWHERE else place).values("user"))


def _owing(_yes: Any) -> Q:
    """A role of theirs says that they need a second factor, and they have none."""
    careful = [role.code for role in all_roles() if role.wish.needs_second_factor]
    held_by = Grant.objects.filter(role__in=careful).values("user")
    return Q(pk__in=held_by) & Q(second_factor__confirmed_at=None)


PEOPLE = registry.register(
    ListSpec(
        name="people",
        model=get_user_model(),
        title=gettext_lazy("People"),
        subtitle=gettext_lazy("Who may sign in, what they may do, and where."),
        none_fits=gettext_lazy("Nobody fits"),
        template="people/list.html",
        permission=MANAGE,
        base=_seen_by,
        columns=(
            Column(name="name", label=gettext_lazy("Name"), value=name_of, cell=_name, phone="full", fixed=True),
            Column(
                name="username",
                label=gettext_lazy("User name"),
                value=lambda p: p.username,
                sort="username",
                phone="hide",
                shown=False,
            ),
            Column(
                name="email", label=gettext_lazy("Mail address"), value=lambda p: p.email, phone="hide", shown=False
            ),
            Column(name="roles", label=gettext_lazy("Roles"), value=_roles_said, cell=_roles, phone="full"),
            Column(
                name="factor",
                label=gettext_lazy("Second factor"),
                value=_factor_said,
                cell=_factor_cell,
                phone="hide",
            ),
            Column(
                name="state",
                label=gettext_lazy("State"),
                value=lambda p: str(STATES[_state(p)][0]),
                cell=lambda p: _badge(*STATES[_state(p)][:2]),
            ),
            Column(
                name="seen",
                label=gettext_lazy("Last sign-in"),
                value=lambda p: p.last_login,
                cell=lambda p: when(p.last_login),
                sort="last_login",
                first="-",
                phone="hide",
                numeric=True,
            ),
        ),
        filters=(
            Choice(
                name="state",
                label=gettext_lazy("State"),
                choices=[(name, word) for name, (word, _tone, _fits) in STATES.items()],
                effect=lambda state: STATES[state][2],
            ),
            Choice(
                name="role",
                label=gettext_lazy("Role"),
                choices=lambda: [(role.code, role.name) for role in all_roles()],
                effect=_with_role,
            ),
            Choice(
                name="place",
                label=gettext_lazy("Place"),
                choices=lambda: [(EVERYWHERE, _("Everywhere")), *place_choices()],
                effect=_at_place,
            ),
            Flag(
                name="roleless",
                label=gettext_lazy("Without a role"),
                effect=lambda _yes: Q(grants=None, is_superuser=False),
            ),
            Flag(name="owing", label=gettext_lazy("Second factor owed"), effect=_owing),
        ),
        tabs=(
            Tab(name="open", label=OPEN, query="state=open"),
            Tab(name="invited", label=gettext_lazy("Invited"), query="state=invited"),
            Tab(name="closed", label=gettext_lazy("Closed"), query="state=closed"),
            Tab(name="all", label=gettext_lazy("All")),
        ),
        sort="username",
        sorts=(
            Sort(label=gettext_lazy("By user name"), by="username"),
            Sort(label=gettext_lazy("Last here first"), by="-seen"),
            Sort(label=gettext_lazy("Longest away first"), by="seen"),
        ),
        search=_search,
        search_hint=gettext_lazy("Name, user name or mail address"),
        link=_link,
        prepare=_with_roles,
        opens="state=open",
        route="people",
        icon="users",
    )
)
