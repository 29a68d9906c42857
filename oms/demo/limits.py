"""Limits of the demo company: what its shops keep back by rule, units set aside, a cap."""

from core.actors import SYSTEM
from inventory.limits.safety import RuleWish, add_rule, apply_rules
from inventory.limits.setting import set_cap, set_fence
from inventory.models import Location, SafetyRule, Stock
from orders.models import Channel

SET_ASIDE, AT_MOST = 12, 40


def limit() -> None:
    """Set them once: a rule for the shops, and of the products that lie there most, some for one channel, and a cap."""
    if SafetyRule.objects.exists():
        return
    add_rule(RuleWish(units=1, location_kind=Location.Kind.STORE), actor=SYSTEM)
    apply_rules(actor=SYSTEM)
    selling = list(Channel.objects.filter(is_active=True, is_history=False).order_by("code"))
    warehouse = Location.objects.filter(kind=Location.Kind.WAREHOUSE).order_by("code").first()
    most = Stock.objects.filter(location=warehouse, on_hand__gte=3 * SET_ASIDE).order_by("-on_hand", "id")[:3]
    for row in most:
        set_fence(row.variant_id, row.location_id, selling[0].pk, SET_ASIDE, actor=SYSTEM)
        set_cap(row.variant_id, selling[-1].pk, AT_MOST, actor=SYSTEM)
