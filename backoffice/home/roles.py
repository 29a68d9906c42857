"""Which sections the home of a role has, in their order; somebody with several roles has each section once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backoffice.home import company, first_steps, money, orders, places
from backoffice.home.parts import Figure, Panel, Part
from core.permissions import allows, standing


@dataclass(frozen=True, slots=True)
class Section:
    """One thing a home tells, for those who hold a permission."""

    permission: str
    tell: Callable[[Any], Part]


SECTIONS = {
    "first-steps": Section("setup.manage", first_steps.first_steps),
    "holds": Section("orders.release_hold", orders.holds),
    "unpaid": Section("payments.collect", orders.unpaid),
    "late": Section("customers.view", orders.late),
    "backordered": Section("orders.view", orders.backordered),
    "unroutable": Section("orders.view", orders.unroutable),
    "newest": Section("orders.view", orders.newest),
    "work": Section("fulfillment.work", places.work),
    "cut-off": Section("fulfillment.work", places.cut_off),
    "stages": Section("fulfillment.work", places.stages),
    "questions": Section("stock.view", places.questions),
    "differences": Section("counts.approve", places.differences),
    "short": Section("stock.view", places.short_stock),
    "lost-sales": Section("insight.view", places.lost_sales),
    "exceptions": Section("incidents.view", company.exceptions),
    "trend": Section("insight.view", company.trend),
    "funnel": Section("insight.view", company.funnel),
    "running": Section("health.view", company.running),
    "access": Section("setup.manage", company.access),
    "payments": Section("payments.view", money.payments),
    "journal": Section("ledger.view", money.journal),
}

HOMES = {
    "clerk": ("holds", "unpaid", "late", "backordered", "newest"),
    "store": ("work", "cut-off", "questions"),
    "warehouse": ("work", "cut-off", "questions"),
    "planner": ("short", "differences", "lost-sales", "backordered", "questions", "unroutable"),
    "operations": ("exceptions", "unroutable", "late", "differences", "stages", "running"),
    "finance": ("payments", "journal", "unpaid"),
    "manager": ("trend", "late", "differences", "funnel", "exceptions", "holds", "running"),
    "admin": ("first-steps", "running", "access", "trend", "funnel", "exceptions"),
}
"""Seen by nobody whose role lacks the permission of a section. A role of the company's own has what fits it best."""


def sections_of(user: Any) -> list[str]:
    """The sections of this person's home, those of their narrowest role first, none twice."""
    held = set(standing(user).roles)
    roles = [role for role in HOMES if role in held] or (["admin"] if user.is_superuser else [])
    if held - set(HOMES) or not roles:
        roles += [role for role in HOMES if role not in roles and role != "admin"]
    wanted = dict.fromkeys(section for role in roles for section in HOMES[role])
    return [name for name in wanted if allows(user, SECTIONS[name].permission)]


MOST_FIGURES = 8


def tell(user: Any, sections: list[str]) -> tuple[list[Figure], list[Panel]]:
    """Figures and panels of a home with these sections."""
    parts = [SECTIONS[name].tell(user) for name in sections]
    figures = {figure.label: figure for part in parts for figure in part.figures}
    panels = {panel.key: panel for part in parts for panel in part.panels}
    return list(figures.values())[:MOST_FIGURES], list(panels.values())
