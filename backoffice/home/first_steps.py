"""What a company without data does first: a list that ticks itself off from what is there."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.home.parts import Panel, Part
from core.db import rows

DONE = """
SELECT EXISTS (SELECT FROM inventory_location WHERE is_active) AS location,
       EXISTS (SELECT FROM orders_channel WHERE is_active) AS channel,
       EXISTS (SELECT FROM catalog_variant) AS product,
       EXISTS (SELECT FROM inventory_stock WHERE on_hand > 0) AS stock,
       EXISTS (SELECT FROM integrations_apikey WHERE revoked_at IS NULL) AS key,
       EXISTS (SELECT FROM core_grant WHERE user_id <> %(user)s) AS people,
       EXISTS (SELECT FROM orders_order) AS "order"
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do once: what it is for, and where it is done."""

    key: str
    label: str
    text: str
    url: str
    is_done: bool


def steps(user: Any) -> list[Step]:
    """All steps in the order that makes sense, with what is done; one statement."""
    done = rows(DONE, {"user": user.pk})[0]._asdict()
    return [Step(key, label, text, url, done[key]) for key, label, text, url in _steps()]


def _steps() -> list[tuple[str, str, str, str]]:
    guide = reverse("help-page", args=["administrator"])
    return [
        ("location", _("Add a location"), _("Where goods lie: a warehouse, a store."), f"{guide}#locations"),
        ("channel", _("Add a channel"), _("Where orders come from, with its currency."), f"{guide}#channels"),
        ("product", _("Add products"), _("What is sold, by SKU, with price and weight."), f"{guide}#products"),
        ("stock", _("Receive stock"), _("Only what lies somewhere can be promised."), reverse("stock")),
        ("key", _("Make an API key"), _("For the shop and other programs that send orders."), f"{guide}#keys"),
        ("people", _("Invite colleagues"), _("Each with a role, everywhere or at one place."), f"{guide}#people"),
        ("order", _("Take the first order"), _("By telephone here, or from the shop."), reverse("new-order")),
    ]


def first_steps(user: Any) -> Part:
    """The list, as long as something of it is left."""
    found = steps(user)
    if all(step.is_done for step in found):
        return Part()
    done = sum(step.is_done for step in found)
    note = _("%(done)d of %(all)d done") % {"done": done, "all": len(found)}
    return Part(panels=[Panel("first-steps", _("First steps"), kind="steps", items=found, note=note, wide=True)])
