"""Places orders with django-oscar, in its own environment: run by the benchmark, not imported by it.

Reads seconds line by line and answers each with one line of JSON: orders a second and statements per order.
"""

import json
import os
import random
import sys
import time
from decimal import Decimal
from importlib import import_module

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

from django.conf import settings  # noqa: E402 - only now can models be imported
from django.contrib.auth.models import AnonymousUser  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from oscar.apps.checkout.utils import CheckoutSessionData  # noqa: E402
from oscar.core.loading import get_class, get_model  # noqa: E402

SKUS = 10_000
LINES = 3
UNITS = 1_000_000
PRICE = Decimal("6.00")

Applicator = get_class("offer.applicator", "Applicator")
FixedPrice = get_class("shipping.methods", "FixedPrice")
OrderTotalCalculator = get_class("checkout.calculators", "OrderTotalCalculator")
PaymentDetailsView = get_class("checkout.views", "PaymentDetailsView")
Selector = get_class("partner.strategy", "Selector")
Basket = get_model("basket", "Basket")
Country = get_model("address", "Country")
Order = get_model("order", "Order")
Partner = get_model("partner", "Partner")
Product = get_model("catalogue", "Product")
ProductClass = get_model("catalogue", "ProductClass")
ShippingAddress = get_model("order", "ShippingAddress")
Source = get_model("payment", "Source")
SourceType = get_model("payment", "SourceType")
StockRecord = get_model("partner", "StockRecord")
sessions = import_module(settings.SESSION_ENGINE)


class Checkout(PaymentDetailsView):
    """Oscar's last step, with a card that is promised and without the letter to the customer."""

    def handle_payment(self, order_number: str, total: object, **kwargs: object) -> None:
        """Record the source and the event that Oscar's documents tell a shop to record."""
        kind, _ = SourceType.objects.get_or_create(name="Card")
        self.add_payment_source(
            Source(source_type=kind, currency=total.currency, amount_allocated=total.incl_tax, reference="tok_visa")
        )
        self.add_payment_event("authorised", total.incl_tax)

    def send_order_placed_email(self, order: object) -> None:
        """Ours sends it later, by a worker."""


def make_shop() -> None:
    """10,000 products on stock."""
    call_command("migrate", verbosity=0)
    Country.objects.create(iso_3166_1_a2="FR", printable_name="France", is_shipping_country=True)
    kind = ProductClass.objects.create(name="Goods", track_stock=True)
    partner = Partner.objects.create(name="House")
    products = Product.objects.bulk_create(
        [
            Product(title="Scented candle", slug=f"p{n}", upc=f"BENCH-{n}", product_class=kind, structure="standalone")
            for n in range(SKUS)
        ]
    )
    StockRecord.objects.bulk_create(
        [StockRecord(product=p, partner=partner, partner_sku=p.upc, price=PRICE, num_in_stock=UNITS) for p in products]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def place_order(products: list[int]) -> None:
    """A guest puts products into a basket, and the checkout turns it into an order."""
    request = RequestFactory().post("/checkout/preview/")
    request.user, request.session = AnonymousUser(), sessions.SessionStore()
    request.strategy = Selector().strategy(request=request, user=request.user)
    basket = Basket.objects.create()
    basket.strategy = request.strategy
    for key in random.sample(products, LINES):
        basket.add_product(Product.objects.get(pk=key), 1)
    Applicator().apply(basket, request.user, request)
    request.basket = basket
    view = Checkout()
    view.request, view.kwargs, view.args = request, {}, ()
    view.checkout_session = CheckoutSessionData(request)
    method = FixedPrice(charge_excl_tax=Decimal("4.90"), charge_incl_tax=Decimal("4.90"))
    charge = method.calculate(basket)
    answer = view.submit(
        user=request.user,
        basket=basket,
        shipping_address=ShippingAddress(
            first_name="Anne",
            last_name="Bertin",
            line1="1 rue du Port",
            line4="Lyon",
            postcode="69001",
            country_id="FR",
        ),
        shipping_method=method,
        shipping_charge=charge,
        billing_address=None,
        order_total=OrderTotalCalculator().calculate(basket, charge),
        order_kwargs={"guest_email": "a@example.com"},
    )
    if "thank-you" not in answer.url:
        raise RuntimeError(f"the order was not placed: {answer}")


def main() -> None:
    """Make the shop, say so, and answer every line."""
    make_shop()
    products = list(Product.objects.values_list("pk", flat=True))
    place_order(products)
    with CaptureQueriesContext(connection) as queries:
        place_order(products)
    settings.DEBUG = False
    print(json.dumps({"rate": 0, "statements": len(queries)}), flush=True)
    for line in sys.stdin:
        before, done, start = Order.objects.count(), 0, time.monotonic()
        while time.monotonic() - start < float(line):
            place_order(products)
            done += 1
        took = time.monotonic() - start
        if Order.objects.count() != before + done:
            raise RuntimeError("not every order was placed")
        print(json.dumps({"rate": done / took, "statements": len(queries)}), flush=True)


if __name__ == "__main__":
    main()
