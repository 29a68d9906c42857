"""What customers are sending back of a product: shown, and promised to nobody, as its state and its day are unknown."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from catalog.models import Variant
from core.db import rows
from core.permissions import allows, locations_of
from inventory import panels

MOST = 20
_ON_THEIR_WAY = """
SELECT r.rma, o.number, l.quantity AS units, r.created_at, p.name AS place, sum(l.quantity) OVER () AS total
FROM returns_return r JOIN returns_returnline l ON l.parent_id = r.id
JOIN orders_orderline x ON x.id = l.order_line_id AND x.variant_id = %(variant)s
JOIN orders_order o ON o.id = r.order_id LEFT JOIN inventory_location p ON p.id = r.location_id
WHERE r.status = 'approved' ORDER BY r.created_at, r.id LIMIT %(most)s
"""


@panels.add
def comebacks_panel(request: HttpRequest, variant: Variant) -> str:
    """The panel of the product's page; nothing when nobody sends any back."""
    found = rows(_ON_THEIR_WAY, {"variant": variant.pk, "most": MOST})
    if not found:
        return ""
    told: dict[str, Any] = {
        "total": int(found[0].total),
        "found": found if _sees_orders(request.user) else [],
        "more": len(found) == MOST,
    }
    return render_to_string("backoffice/stock_comebacks.html", told, request)


def _sees_orders(user: Any) -> bool:
    """Whose they are is shown to those who see every order: the place of a return is not the order's."""
    return allows(user, "orders.view") and locations_of(user, "orders.view") is None
