"""Rules about safety stock as sentences."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.limits.forms import KINDS
from inventory.models import Location, SafetyRule


def sentence(rule: SafetyRule) -> str:
    """What a rule says, as somebody would."""
    if rule.location:
        where = rule.location.name
    else:
        where = str(KINDS[Location.Kind(rule.location_kind)]) if rule.location_kind else _("all places")
    given = {"where": where, "what": _("“%(category)s”") % {"category": rule.category} if rule.category else _("every product"), "amount": _amount(rule)}  # fmt: skip
    return _("Of %(what)s, %(where)s: keep %(amount)s.") % given


def _amount(rule: SafetyRule) -> str:
    units = ngettext("%(n)d unit", "%(n)d units", rule.units) % {"n": rule.units}
    days = ngettext(
        "what lasts %(n)d day at the rate of the last %(weeks)s weeks",
        "what lasts %(n)d days at the rate of the last %(weeks)s weeks",
        rule.days,
    ) % {"n": rule.days, "weeks": rule.weeks}
    if rule.units and rule.days:
        return _("%(days)s, but at least %(units)s") % {"days": days, "units": units}
    return days if rule.days else units
