"""Roles as data: what each may do. A grant gives a role everywhere or at one location."""

CLERK = frozenset(
    {
        "orders.view",
        "orders.note",
        "orders.place",
        "orders.cancel",
        "orders.hold",
        "orders.release_hold",
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
        "payments.view",
        "payments.collect",
        "payments.refund",
        "payments.release_hold",
        "orders.release_hold",
        "ledger.view",
        "insight.view",
        "incidents.view",
    }
)
MANAGER = CLERK | WAREHOUSE | FINANCE | {"health.view", "queue.manage"}
ADMIN = MANAGER | {"setup.manage", "metrics.view"}

ROLES = {
    "clerk": CLERK,
    "store": STORE,
    "warehouse": WAREHOUSE,
    "finance": FINANCE,
    "manager": MANAGER,
    "admin": ADMIN,
}
PERMISSIONS = sorted(ADMIN)
