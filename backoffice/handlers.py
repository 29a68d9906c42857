"""Search follows what happens."""

from backoffice.search.indexing import index_customers, index_orders
from core.outbox import Delivered, subscribe


@subscribe("order.placed", "search.orders")
@subscribe("order.changed", "search.changed_orders")
def follow_orders(events: list[Delivered]) -> None:
    """Orders are found by what they say now."""
    index_orders(event.about for event in events)


@subscribe("customer.changed", "search.customers")
def follow_customers(events: list[Delivered]) -> None:
    """Customers are found by what is on file now."""
    index_customers(event.about for event in events)
