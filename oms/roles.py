"""What can be allowed, and the roles as delivered: what each may do. People change roles on a screen (core/people).

A new permission goes into `PERMISSIONS` with its words, and into the roles that have it from the start. Roles that
nobody has changed have it at once, without a migration.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Permission:
    """Something that can be allowed, in words, under the heading of its group."""

    group: str
    words: Words


@dataclass(frozen=True, slots=True)
class RoleAsDelivered:
    """A role as it comes: its words, what it allows, how its people sign in and how long they may be idle."""

    name: Words
    description: Words
    permissions: frozenset[str]
    needs_second_factor: bool = False
    idle_minutes: int = 480


GROUPS: dict[str, Words] = {
    "orders": _("Orders"),
    "customers": _("Customers"),
    "stock": _("Stock"),
    "floor": _("Work of stores and warehouses"),
    "money": _("Money"),
    "setup": _("Setup and operation"),
}
PERMISSIONS: dict[str, Permission] = {
    "orders.view": Permission("orders", _("See orders and returns")),
    "orders.note": Permission("orders", _("Write notes on orders")),
    "orders.place": Permission("orders", _("Place orders")),
    "orders.cancel": Permission("orders", _("Cancel orders")),
    "orders.hold": Permission("orders", _("Hold orders")),
    "orders.release_hold": Permission("orders", _("Let held orders go on")),
    "orders.keep": Permission("orders", _("Keep stock longer for held orders, or let it go")),
    "orders.keep_rules": Permission("orders", _("Set how long stock is kept for held orders")),
    "incidents.view": Permission("orders", _("See exceptions")),
    "incidents.resolve": Permission("orders", _("Settle exceptions")),
    "customers.view": Permission("customers", _("See customers")),
    "customers.edit": Permission("customers", _("Change customers")),
    "mail.view": Permission("customers", _("Read what customers were told")),
    "mail.send": Permission("customers", _("Send letters to customers again")),
    "stock.view": Permission("stock", _("See stock")),
    "stock.receive": Permission("stock", _("Receive goods")),
    "stock.adjust": Permission("stock", _("Correct stock")),
    "stock.limits": Permission("stock", _("Set what is kept back, set aside for channels and capped")),
    "bins.manage": Permission("stock", _("Set up bins")),
    "lots.manage": Permission("stock", _("Set lots apart and recall them")),
    "stock.transfer": Permission("stock", _("Move goods between places")),
    "purchasing.view": Permission("stock", _("See purchase orders")),
    "purchasing.manage": Permission("stock", _("Buy from vendors")),
    "purchasing.accept": Permission("stock", _("Take more than was ordered")),
    "supply.manage": Permission("stock", _("Say what is on its way, and change it")),
    "counts.count": Permission("stock", _("Count stock")),
    "counts.manage": Permission("stock", _("Have stock counted, and say what is tolerated")),
    "counts.approve": Permission("stock", _("Decide about differences of a count")),
    "feeds.manage": Permission("stock", _("Set up feeds of stock levels and send their files")),
    "fulfillment.view": Permission("floor", _("See the work of a place")),
    "fulfillment.work": Permission("floor", _("Pick, pack and hand over")),
    "returns.receive": Permission("floor", _("Take returns back")),
    "payments.view": Permission("money", _("See payments")),
    "payments.collect": Permission("money", _("Ask customers to pay")),
    "payments.refund": Permission("money", _("Refund")),
    "payments.release_hold": Permission("money", _("Let orders go on that wait for their payment")),
    "ledger.view": Permission("money", _("Read the ledger")),
    "stock.cost": Permission("money", _("Change what goods cost")),
    "insight.view": Permission("money", _("See key figures")),
    "views.share": Permission("setup", _("Share views of lists with others")),
    "health.view": Permission("setup", _("See the health of the system")),
    "queue.manage": Permission("setup", _("Decide about work that stopped")),
    "metrics.view": Permission("setup", _("Read the system's measures")),
    "setup.manage": Permission("setup", _("Change the setup")),
    "people.manage": Permission("setup", _("Manage people and roles")),
    "devices.manage": Permission("setup", _("Register shared tablets")),
}
FLOOR = frozenset(
    {
        "orders.view",
        "orders.note",
        "stock.view",
        "stock.receive",
        "stock.adjust",
        "stock.transfer",
        "counts.count",
        "purchasing.view",
        "fulfillment.view",
        "fulfillment.work",
        "returns.receive",
    }
)
"""What can be done on a shared tablet, whatever else the person may do: no refunds, no setup, no customers."""

CLERK = frozenset(
    {
        "orders.view",
        "orders.note",
        "orders.place",
        "orders.cancel",
        "orders.hold",
        "orders.release_hold",
        "orders.keep",
        "customers.view",
        "customers.edit",
        "stock.view",
        "payments.view",
        "payments.collect",
        "returns.receive",
        "incidents.view",
        "incidents.resolve",
        "mail.view",
        "mail.send",
    }
)
STORE = frozenset(
    {
        "orders.view",
        "orders.note",
        "stock.view",
        "stock.receive",
        "counts.count",
        "stock.transfer",
        "purchasing.view",
        "fulfillment.view",
        "fulfillment.work",
        "returns.receive",
    }
)
WAREHOUSE = frozenset(
    {
        "orders.view",
        "orders.note",
        "stock.view",
        "stock.receive",
        "stock.adjust",
        "bins.manage",
        "counts.count",
        "stock.transfer",
        "purchasing.view",
        "fulfillment.view",
        "fulfillment.work",
        "returns.receive",
    }
)
FINANCE = frozenset(
    {
        "orders.view",
        "orders.note",
        "customers.view",
        "stock.view",
        "purchasing.view",
        "payments.view",
        "payments.collect",
        "payments.refund",
        "payments.release_hold",
        "orders.release_hold",
        "orders.keep",
        "ledger.view",
        "stock.cost",
        "insight.view",
        "incidents.view",
    }
)
PLANNER = frozenset(
    {
        "orders.view",
        "stock.view",
        "stock.adjust",
        "stock.limits",
        "counts.count",
        "counts.manage",
        "counts.approve",
        "stock.transfer",
        "lots.manage",
        "purchasing.view",
        "purchasing.manage",
        "purchasing.accept",
        "feeds.manage",
        "supply.manage",
        "insight.view",
    }
)
OPERATIONS = (
    CLERK
    | WAREHOUSE
    | {
        "orders.keep_rules",
        "lots.manage",
        "counts.manage",
        "counts.approve",
        "insight.view",
        "queue.manage",
        "health.view",
        "views.share",
    }
)
MANAGER = OPERATIONS | FINANCE | PLANNER | {"devices.manage"}
ADMIN = MANAGER | {"setup.manage", "metrics.view", "people.manage"}

ROLES_AS_DELIVERED = {
    "clerk": RoleAsDelivered(
        _("Call centre"), _("Finds, takes, changes and cancels orders for customers who call or write."), CLERK
    ),
    "store": RoleAsDelivered(
        _("Store"), _("Picks, packs and hands over at a store, and takes returns at its counter."), STORE
    ),
    "warehouse": RoleAsDelivered(
        _("Warehouse"), _("Picks, packs and ships at a warehouse, receives goods and corrects stock."), WAREHOUSE
    ),
    "planner": RoleAsDelivered(
        pgettext_lazy("role", "Planner"), _("Looks after stock: what lies where, what sells and what comes."), PLANNER
    ),
    "operations": RoleAsDelivered(
        _("Operations"), _("Sees to it that orders flow: why one went where it did, and what stopped."), OPERATIONS
    ),
    "finance": RoleAsDelivered(
        _("Finance"),
        _("Payments, refunds, the journal and its balance."),
        FINANCE,
        needs_second_factor=True,
        idle_minutes=120,
    ),
    "manager": RoleAsDelivered(
        _("Manager"), _("All of the business, its figures and what stands behind them."), MANAGER
    ),
    "admin": RoleAsDelivered(
        _("Administrator"),
        _("All of it, with setup, people and roles."),
        ADMIN,
        needs_second_factor=True,
        idle_minutes=120,
    ),
}
ROLES = {code: role.permissions for code, role in ROLES_AS_DELIVERED.items()}
