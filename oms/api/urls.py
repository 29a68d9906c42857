"""Where the API lives: /api/v1, its document, its pages; and a problem for every other address below /api."""

from django.urls import path, re_path

from accounting.api import calls as ledger
from customers.api import calls as customers
from fulfillment.api import calls as fulfillment
from fulfillment.lot_api import calls as lots
from fulfillment.serial_api import calls as serials
from inventory.counts.api import calls as counts
from inventory.holdings.api import calls as receipts
from inventory.supply.api import calls as inventory
from inventory.transfers.api import calls as transfers
from oms.api import views
from oms.api.availability import calls as availability
from oms.api.orders import calls as orders
from oms.api.site import Api
from payments.api import calls as payments
from returns.api import calls as returns

ABOUT = (
    "Orders from any channel, sourced, shipped, paid and taken back. Money is text with a dot, times name their zone,"
    " errors are problems (RFC 9457). Every write needs an Idempotency-Key."
)

api = Api(title="Order management", version="1", description=ABOUT, urls_namespace="api", docs_url=None)
for router in (
    orders,
    availability,
    inventory,
    receipts,
    lots,
    serials,
    transfers,
    counts,
    fulfillment,
    returns,
    payments,
    customers,
    ledger,
):
    api.add_router("", router)

urlpatterns = [
    path("v1/", api.urls),
    path("docs", views.docs, name="api-docs"),
    re_path("^.*$", views.unknown),
]
