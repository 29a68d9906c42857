"""What else could have been done: every place that might send the order alone, and why it does not.

Stored as codes with figures; `explain` puts them into the words of whoever looks.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import display
from sourcing.network import UNPRICED, Lane
from sourcing.promise import Promise
from sourcing.solver import NANO, Instance, Key, Option, Solution, missing


@dataclass(frozen=True, slots=True)
class Ride:
    """What stands behind an option of the solver: a lane, and when a parcel sent that way now arrives."""

    lane: Lane
    promise: Promise


def alternatives(instance: Instance, found: Solution) -> list[dict[str, Any]]:
    """One row per place, the chosen ones first, then by cost; those that lack units last.

    Each row: `label` (the location's code), `name`, `location`, `packages`, `cost` of sending all from there, in money
    that is really paid (None where that is impossible), `arrives`, `verdict` and its `params`. What lateness is weighed
    at is in the comparison of the verdict only.
    """
    units = sum(demand.quantity for demand in instance.demands)
    grams = sum(demand.quantity * demand.weight_g for demand in instance.demands)
    chosen = {package.option.location: package.option for package in found.packages}
    best: dict[Key, tuple[int, Option]] = {}
    for option in instance.options:
        cost = option.fixed + option.per_unit * units + option.per_gram * grams + instance.late_cost(option.days)
        if option.location not in best or cost < best[option.location][0]:
            best[option.location] = (cost, option)
    ranked = sorted(best.items(), key=lambda item: (item[0] not in chosen, item[1][0]))
    shown = [_row(instance, found, chosen.get(place, option), cost) for place, (cost, option) in ranked]
    return sorted(shown, key=lambda row: row["verdict"] == "short")


def explain(row: dict[str, Any]) -> str:
    """The verdict in words, for the screen."""
    params = row.get("params", {})
    match row["verdict"]:
        case "chosen":
            return _("Sends everything in one package, the cheapest way in time.")
        case "part":
            sends: int = params["units"]
            return (
                ngettext(
                    "Sends %(units)s unit: no single place does it all for less.",
                    "Sends %(units)s units: no single place does it all for less.",
                    sends,
                )
                % params
            )
        case "short":
            lacks: int = params["units"]
            return ngettext("Lacks %(units)s unit.", "Lacks %(units)s units.", lacks) % params
        case "late":
            days: int = params["days"]
            return (
                ngettext(
                    "Would arrive %(days)s day after the promise.",
                    "Would arrive %(days)s days after the promise.",
                    days,
                )
                % params
            )
        case "equal":
            return _("Costs the same; the chosen place comes first.")
        case "no_rate":
            return _("No carrier rate is known from here to this country.")
        case _:
            return _("Would cost %(by)s more.") % {"by": display(Decimal(params["by"]), "EUR")}


def _row(instance: Instance, found: Solution, option: Option, cost: int) -> dict[str, Any]:
    ride: Ride = option.service
    site = ride.lane.site
    verdict, params = _verdict(instance, found, option, cost)
    return {
        "label": site.code,
        "name": site.name,
        "location": str(site.id),
        "packages": 1,
        "cost": None if verdict in ("short", "part") else _euros(cost - instance.late_cost(option.days)),
        "arrives": ride.promise.latest.isoformat(),
        "verdict": verdict,
        "params": params,
    }


def _verdict(instance: Instance, found: Solution, option: Option, cost: int) -> tuple[str, dict[str, Any]]:
    for package in found.packages:
        if package.option.location == option.location:
            alone = len(found.packages) == 1 and not found.unfilled
            return ("chosen", {}) if alone else ("part", {"units": sum(package.units.values())})
    lacking = missing(instance, option.location)
    if lacking:
        return "short", {"units": lacking}
    if option.service.lane.card is UNPRICED:
        return "no_rate", {}
    if (days := _later_than_promised(instance, found, option)) > 0:
        return "late", {"days": days}
    by = _euros(cost - found.cost)
    return ("dearer", {"by": by}) if Decimal(by) else ("equal", {})


def _later_than_promised(instance: Instance, found: Solution, option: Option) -> int:
    """Days after the promise that a parcel sent this way arrives, when the chosen plan does better."""
    best = max((package.option.days for package in found.packages), default=option.days)
    if instance.due_days is None or option.days <= best:
        return 0
    return max(0, option.days - instance.due_days)


def _euros(nanos: int) -> str:
    cents = (nanos + NANO // 200) // (NANO // 100)
    return f"{cents // 100}.{cents % 100:02d}"
