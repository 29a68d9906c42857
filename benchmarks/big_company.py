"""A company with a past: any number of orders in every state, made by SQL straight into the project's own tables.

What belongs together stands together (buckets and fulfilment orders by the state of the order, totals by its lines), so
every page can show it. There are no movements, pins or entries behind it, hence no benchmark on it ends with the
invariants. Foreign keys and triggers are off meanwhile, which needs a superuser, and PostgreSQL 18 for `uuidv7`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models.fields import NOT_PROVIDED

from benchmarks import names
from benchmarks.world import big_world
from core.bulk import dump
from core.db import rows, run
from inventory.models import Location
from tests.factories.world import make_location

CHUNK = 50_000
ORDERS_PER_CUSTOMER = 2.5
YEARS = 2
SHOPS = 6


def big_company(orders: int, *, skus: int = 1_000, said: Callable[[str], None] = lambda words: None) -> None:
    """The world of the benchmarks with six shops more, and so many orders of the last two years."""
    big_world(skus=skus)
    for n in range(SHOPS):
        make_location(f"SHOP-{n + 1}", f"Shop {n + 1}", Location.Kind.STORE, "75004", "Paris")
    fill(orders, said=said)


def fill(orders: int, *, said: Callable[[str], None] = lambda words: None) -> None:
    """So many orders, the oldest first, with customers, lines, work, parcels, payments, holds and returns."""
    customers = max(1, int(orders / ORDERS_PER_CUSTOMER))
    _prepare()
    for first in range(0, customers, CHUNK):
        _customers(first, min(CHUNK, customers - first), customers)
    for first in range(0, orders, CHUNK):
        _orders(first, min(CHUNK, orders - first), orders, customers)
        said(f"{min(first + CHUNK, orders):,} of {orders:,} orders")
    run(f"SELECT setval('orders_number', (SELECT last_value FROM orders_number) + {orders})")
    run("VACUUM ANALYZE")


def _prepare() -> None:
    """What the rows are picked from: names, SKUs, places, by number."""
    for table, found in (
        (
            "big_variant",
            "SELECT row_number() OVER (ORDER BY sku) - 1 AS n, id, sku FROM catalog_variant WHERE is_stocked",
        ),
        ("big_place", "SELECT row_number() OVER (ORDER BY code) - 1 AS n, id, code FROM inventory_location"),
    ):
        run(f"DROP TABLE IF EXISTS {table}")
        run(f"CREATE UNLOGGED TABLE {table} AS {found}")
        run(f"ALTER TABLE {table} ADD PRIMARY KEY (n)")
    run("DROP TABLE IF EXISTS big_customer")
    run("CREATE UNLOGGED TABLE big_customer (n int PRIMARY KEY, id uuid, first_name text, last_name text, email text)")
    for table, words in (("big_first", names.FIRST), ("big_last", names.last(4_000))):
        run(f"DROP TABLE IF EXISTS {table}")
        run(
            f"CREATE UNLOGGED TABLE {table} AS SELECT n::int - 1 AS n, word FROM unnest(%(words)s::text[])"
            " WITH ORDINALITY AS w(word, n)",
            {"words": list(words)},
        )
        run(f"ALTER TABLE {table} ADD PRIMARY KEY (n)")
    run("ANALYZE")


# A name is the more often drawn the further to the front it stands: the first of 4,000 has 1.6 % of the people.
PEOPLE = """
INSERT INTO big_customer
SELECT p.n, uuidv7(make_interval(secs => -{seconds} * (1 - p.n::float8 / {all}))), f.word, l.word,
       lower(translate(f.word || '.' || l.word, 'éèêëàâäçîïôöùûü', 'eeeeaaaciioouuu')) || p.n || '@example.com'
FROM (SELECT n, floor(random() ^ 2 * (SELECT count(*) FROM big_first))::int AS first,
             floor(random() ^ 2 * (SELECT count(*) FROM big_last))::int AS last
      FROM generate_series({first}::int, {first} + {many} - 1) AS n) p
JOIN big_first f ON f.n = p.first JOIN big_last l ON l.n = p.last ORDER BY p.n
"""
PHONE = """CASE WHEN c.n % 3 = 0 THEN '+336' || lpad((c.n * 7919 % 100000000)::text, 8, '0')
    WHEN c.n % 3 = 1 THEN '06 ' || regexp_replace(lpad((c.n * 7919 % 100000000)::text, 8, '0'), '(..)(..)(..)(..)', '\\1 \\2 \\3 \\4')
    ELSE '' END"""


def _customers(first: int, many: int, of: int) -> None:
    with transaction.atomic():
        _triggers_off()
        run(PEOPLE.format(first=first, many=many, all=of, seconds=YEARS * 365 * 86_400))
        _insert(
            "customers.Customer",
            f"big_customer c WHERE c.n >= {first} AND c.n < {first + many} ORDER BY c.n",
            id="c.id", email="c.email", first_name="c.first_name", last_name="c.last_name", phone=PHONE.replace("c.n *", "c.n::bigint *"),
            language="'fr'", country="'FR'", created_at="uuid_extract_timestamp(c.id)",
        )  # fmt: skip


# The state by age: of the newest three in a hundred most are on their way, of the others most are done.
ORDERS = """
CREATE TEMP TABLE big_order ON COMMIT DROP AS
SELECT o.*, uuidv7(o.at - now()) AS id, CASE
    WHEN o.age > 0.03 THEN CASE WHEN chance < 0.92 THEN 'completed' WHEN chance < 0.96 THEN 'delivered' ELSE 'cancelled' END
    WHEN chance < 0.10 THEN 'placed' WHEN chance < 0.18 THEN 'on_hold' WHEN chance < 0.25 THEN 'backordered'
    WHEN chance < 0.70 THEN 'processing' WHEN chance < 0.75 THEN 'partially_shipped' ELSE 'shipped' END AS status
FROM (SELECT n, 1 - n::float8 / {all} AS age, random() AS chance, now() - make_interval(secs => {seconds} * (1 - n::float8 / {all})) AS at,
             floor(random() ^ 1.5 * {customers})::int AS customer, 1 + floor(random() ^ 2 * 4)::int AS lines,
             floor(random() * (SELECT count(*) FROM big_place))::int AS place
      FROM generate_series({first}::int, {first} + {many} - 1) AS n) o
"""
LINES = """
CREATE TEMP TABLE big_line ON COMMIT DROP AS
SELECT o.n, o.id AS order_id, o.status, o.at, p AS position, uuidv7(o.at - now()) AS id, v.id AS variant_id, v.sku,
       1 + (o.n + p) % 3 AS quantity, CASE WHEN p = 1 THEN 4.08 ELSE 0 END AS freight_net,
       CASE WHEN p = 1 THEN 0.82 ELSE 0 END AS freight_tax,
       CASE WHEN o.status = 'partially_shipped' AND p > 1 THEN 2 ELSE 1 END AS part
FROM big_order o CROSS JOIN LATERAL generate_series(1, CASE WHEN o.status = 'partially_shipped' THEN greatest(2, o.lines) ELSE o.lines END) p
JOIN big_variant v ON v.n = (o.n * 7919::bigint + p * 104729) % (SELECT count(*) FROM big_variant)
"""
WORK = """
CREATE TEMP TABLE big_work ON COMMIT DROP AS
SELECT o.n, o.id AS order_id, o.status AS order_status, o.at, w.part, uuidv7(o.at - now()) AS id, uuidv7(o.at - now()) AS shipment_id,
       pl.id AS location_id, pl.code,
       CASE WHEN o.status IN ('completed', 'delivered') THEN 'delivered' WHEN o.status = 'shipped' OR w.part = 1 AND o.status = 'partially_shipped' THEN 'shipped'
            WHEN o.n % 3 = 0 THEN 'picking' ELSE 'released' END AS status
FROM (SELECT DISTINCT order_id, part FROM big_line) w JOIN big_order o ON o.id = w.order_id
JOIN big_place pl ON pl.n = (o.place + w.part - 1) % (SELECT count(*) FROM big_place)
WHERE o.status IN ('processing', 'partially_shipped', 'shipped', 'delivered', 'completed')
"""
ADDRESS = """jsonb_build_object('name', c.first_name || ' ' || c.last_name, 'line1', (o.n % 200) || ' rue du Port',
    'postal_code', '69001', 'city', 'Lyon', 'country', 'FR', 'line2', '', 'region', '', 'phone', '')"""
GROSS = "(6 * l.quantity)"
NET = f"round({GROSS} / 1.2, 2)"


def _orders(first: int, many: int, of: int, customers: int) -> None:
    told = {"first": first, "many": many, "all": of, "customers": customers, "seconds": YEARS * 365 * 86_400}
    with transaction.atomic():
        _triggers_off()
        for sql in (ORDERS.format(**told), LINES, WORK):
            run(sql)
        run("CREATE INDEX ON big_line (order_id)")
        run("ANALYZE big_order, big_line, big_work")
        _order_rows()
        _line_rows()
        _work_rows()
        _money_rows()
        _trouble_rows()


def _order_rows() -> None:
    _insert(
        "orders.Order",
        f"""big_order o JOIN big_customer c ON c.n = o.customer JOIN orders_channel h ON h.code = 'web'
        JOIN (SELECT l.order_id, sum({GROSS}) AS gross, sum({GROSS} - {NET}) AS tax, sum(l.quantity) AS units
              FROM big_line l GROUP BY 1) s ON s.order_id = o.id ORDER BY o.n""",
        id="o.id", number="'WEB-' || (SELECT last_value FROM orders_number) + o.n + 1", channel_id="h.id",
        external_id="CASE WHEN o.n % 10 < 7 THEN 'SHOP-' || 500000 + o.n ELSE '' END", status="o.status", currency="'EUR'",
        tax_included="true", language="'fr'", customer_id="c.id", email="c.email",
        customer_name="c.first_name || ' ' || c.last_name", shipping_address=ADDRESS, billing_address=ADDRESS,
        subtotal="s.gross", discount="0", shipping="4.90", shipping_tax_rate="0.2", tax="s.tax + 0.82",
        total="s.gross + 4.90", units="s.units",
        promise_earliest="o.at::date + 2", promise_latest="o.at::date + 4",
        first_promise_earliest="o.at::date + 2", first_promise_latest="o.at::date + 4",
        is_settled="o.status IN ('completed', 'cancelled')", placed_at="o.at", created_at="o.at", updated_at="o.at",
    )  # fmt: skip
    _insert(
        "core.TimelineEntry", "big_order o ORDER BY o.n",
        id="uuidv7(o.at - now())", about="o.id", at="o.at", actor_kind="'client'", actor="'shop'", action="'order.placed'",
        after="'placed'",
    )  # fmt: skip


def _line_rows() -> None:
    held = {
        "reserved": "'placed', 'on_hold'",
        "backordered": "'backordered'",
        "released": "'processing'",
        "cancelled": "'cancelled'",
        "shipped": "'shipped', 'delivered', 'completed'",
        "delivered": "'delivered', 'completed'",
    }
    buckets = {name: f"CASE WHEN l.status IN ({states}) THEN l.quantity ELSE 0 END" for name, states in held.items()}
    for name, part in (("shipped", 1), ("released", 2)):
        partly = f"CASE WHEN l.status = 'partially_shipped' AND l.part = {part} THEN l.quantity ELSE 0 END"
        buckets[name] = f"{buckets[name]} + {partly}"
    _insert(
        "orders.OrderLine", "big_line l ORDER BY l.n, l.position",
        id="l.id", order_id="l.order_id", position="l.position", variant_id="l.variant_id", sku="l.sku",
        name="'Scented candle'", quantity="l.quantity", unit_price="6", tax_rate="0.2", net=NET, tax=f"{GROSS} - {NET}",
        freight_net="l.freight_net", freight_tax="l.freight_tax", promise_earliest="l.at::date + 2",
        promise_latest="l.at::date + 4", first_promise_earliest="l.at::date + 2", first_promise_latest="l.at::date + 4",
        **buckets,
    )  # fmt: skip


def _work_rows() -> None:
    _insert(
        "fulfillment.FulfillmentOrder", "big_work w ORDER BY w.n",
        id="w.id", order_id="w.order_id", location_id="w.location_id", carrier="'postal'", status="w.status",
        freight_cost="5", promise_earliest="w.at::date + 2", promise_latest="w.at::date + 4", created_at="w.at",
        released_at="w.at",
    )  # fmt: skip
    of_line = "big_line l JOIN big_work w ON w.order_id = l.order_id AND w.part = l.part"
    _insert(
        "fulfillment.FulfillmentLine", f"{of_line} ORDER BY l.n, l.position",
        id="uuidv7(l.at - now())", fulfillment_order_id="w.id", order_line_id="l.id", quantity="l.quantity",
        picked="CASE WHEN w.status IN ('shipped', 'delivered') THEN l.quantity ELSE 0 END",
    )  # fmt: skip
    sent = "w.status IN ('shipped', 'delivered')"
    _insert(
        "fulfillment.Shipment", f"big_work w WHERE {sent} ORDER BY w.n",
        id="w.shipment_id", order_id="w.order_id", fulfillment_order_id="w.id", carrier="'postal'", service="'standard'",
        tracking_number="'6A' || lpad((w.n * 10 + w.part)::text, 11, '0')",
        status="CASE w.status WHEN 'shipped' THEN 'in_transit' ELSE 'delivered' END", weight_g="400", cost="5",
        expected_on="w.at::date + 3", created_at="w.at", shipped_at="w.at + interval '20 hours'",
        delivered_at="CASE w.status WHEN 'delivered' THEN w.at + interval '60 hours' END",
    )  # fmt: skip
    _insert(
        "fulfillment.ShipmentLine", f"{of_line} WHERE {sent} ORDER BY l.n, l.position",
        id="uuidv7(l.at - now())", shipment_id="w.shipment_id", order_line_id="l.id", quantity="l.quantity", start="0",
    )  # fmt: skip


def _money_rows() -> None:
    _insert(
        "payments.Payment", "big_order b JOIN orders_order o ON o.id = b.id ORDER BY b.n",
        id="uuidv7(b.at - now())", order_id="o.id", tender="'card'", amount="o.total", currency="'EUR'", token="'tok_visa'",
        status="""CASE WHEN b.status IN ('shipped', 'delivered', 'completed') THEN 'captured' WHEN b.status = 'cancelled' THEN 'voided'
            ELSE 'authorised' END""",
        captured="CASE WHEN b.status IN ('shipped', 'delivered', 'completed') THEN o.total ELSE 0 END",
        provider_reference="'pi_' || replace(o.id::text, '-', '')", created_at="b.at",
    )  # fmt: skip


def _trouble_rows() -> None:
    """A reason for each order on hold, and a return of one in fifty of those that are done."""
    _insert(
        "orders.Hold", "big_order o WHERE o.status = 'on_hold' ORDER BY o.n",
        id="uuidv7(o.at - now())", order_id="o.id", opened_by="'system'", opened_at="o.at",
        kind="CASE o.n % 3 WHEN 0 THEN 'payment' WHEN 1 THEN 'fraud_review' ELSE 'address' END",
    )  # fmt: skip
    _insert(
        "returns.Return",
        "big_order o JOIN big_place p ON p.n = o.place WHERE o.status = 'completed' AND o.n % 50 = 0 ORDER BY o.n",
        id="uuidv7(o.at - now())", rma="'RMA-' || lpad(o.n::text, 8, '0')", order_id="o.id", location_id="p.id",
        created_at="o.at + interval '9 days'",
    )  # fmt: skip


def _insert(label: str, source: str, **given: str) -> None:
    """Rows of a model from SQL; what is not given has the field's own default."""
    model: type[models.Model] = apps.get_model(label)
    fields = {str(field.column): field for field in model._meta.concrete_fields}
    values = {column: given[column] for column in fields if column in given}
    left = {column: _default(field) for column, field in fields.items() if column not in given}
    defaults = {column: value for column, value in left.items() if value is not NOT_PROVIDED}
    if unknown := given.keys() - values.keys():
        raise ValueError(f"{label} has no {', '.join(sorted(unknown))}")
    parameters: Mapping[str, Any] = {f"default_{column}": value for column, value in defaults.items()}
    columns = values | {column: f"%(default_{column})s::{_type(model, column)}" for column in defaults}
    names_of, told = ", ".join(columns), ", ".join(columns.values())
    run(
        f"INSERT INTO {model._meta.db_table} ({names_of}) SELECT {told} FROM {source}".replace(" % ", " %% "),
        parameters,
    )


def _default(field: models.Field[Any, Any]) -> Any:
    if field.has_default():
        default = field.get_default()
        return dump(default) if isinstance(default, dict) else field.get_prep_value(default)
    if field.null or field.db_default is not NOT_PROVIDED:
        return NOT_PROVIDED
    return "" if field.empty_strings_allowed else NOT_PROVIDED


def _type(model: type[models.Model], column: str) -> str:
    found = rows(
        "SELECT data_type FROM information_schema.columns WHERE table_name = %(table)s AND column_name = %(column)s",
        {"table": model._meta.db_table, "column": column},
    )
    return str(found[0].data_type)


def _triggers_off() -> None:
    run("SET LOCAL session_replication_role = replica")
