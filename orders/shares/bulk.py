"""Limits of many products at once."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from catalog.models import Variant
from core.jobs import bulk
from core.jobs.bulk import BulkAction, Run
from core.permissions import locations_of, require
from core.problems import Forbidden
from inventory.limits.setting import set_cap, withhold
from orders.shares.forms import CapForm, ShareForm, WithholdForm
from orders.shares.limits import set_aside


def _stays(found: QuerySet[Variant]) -> list[str]:
    return [_("What is promised already stays promised.")]


def _set_aside(variant_id: UUID, run: Run) -> str:
    given = run.given
    require(run.owner, "stock.limits", UUID(given["location"]))
    set_aside(variant_id, UUID(given["location"]), UUID(given["channel"]), given["units"], actor=run.actor)
    return _("%(n)d set aside.") % {"n": given["units"]}


def _cap(variant_id: UUID, run: Run) -> str:
    most = run.given["most"]
    if locations_of(run.owner, "stock.limits") is not None:
        raise Forbidden(_("A cap counts over all places: it is set by somebody who may set limits at all of them."))
    set_cap(variant_id, UUID(run.given["channel"]), most, actor=run.actor)
    return _("Any number may be sold.") if most is None else _("At most %(n)d may be sold.") % {"n": most}


def _withhold(variant_id: UUID, run: Run) -> str:
    withheld = run.given["withheld"] == "yes"
    require(run.owner, "stock.limits", UUID(run.given["location"]))
    withhold(variant_id, UUID(run.given["location"]), withheld=withheld, actor=run.actor)
    return _("Nothing is promised from there.") if withheld else _("It is promised from there again.")


def _register(name: str, label: Any, confirm: Any, act: Any, fields: type[forms.Form], icon: str) -> None:
    bulk.register(
        BulkAction(
            name=name,
            label=label,
            title=label,
            confirm=confirm,
            permission="stock.limits",
            model=Variant,
            act=act,
            fields=fields,
            consequence=_stays,
            named_by="sku",
            link=lambda row: reverse("stock-limits", args=[row.label]),
            icon=icon,
        )
    )


SET = ngettext_lazy("Set it for %(n)d product", "Set it for %(n)d products", "n")
_register("stock.fence", gettext_lazy("Set aside for a channel"), SET, _set_aside, ShareForm, "fence")
_register("stock.cap", gettext_lazy("Cap a channel"), SET, _cap, CapForm, "gauge")
_register("stock.withhold", gettext_lazy("Promise nothing from a place"), SET, _withhold, WithholdForm, "circle-off")
