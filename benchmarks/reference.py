"""One SQL statement that writes what the capture service writes, made from what it has just written.

A sample order is placed through the service. Every row that this left in the database becomes an INSERT of the same
row, with all its columns, under new ids, a new number, another customer, other SKUs and another place; all of them
stand as CTEs in one statement that ends with the guarded stock update. So the statement follows the schema and the
service by itself, and `rows_per_order` proves that both write alike.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.world import REGIONS, SKUS, body, sku
from capture.services import place_order
from core.actors import SYSTEM
from core.db import rows, run
from launcher.trouble import Trouble

STOCK = "inventory_stock"
SAMPLE = {"key": "sample-key-7f3a", "digest": "sample-digest-7f3a"}
LOOK_UP = """
CREATE UNLOGGED TABLE benchmark_sku (n int PRIMARY KEY, variant_id uuid, sku text);
INSERT INTO benchmark_sku SELECT right(sku, 5)::int, id, sku FROM catalog_variant WHERE sku ~ '^BENCH-[0-9]';
CREATE UNLOGGED TABLE benchmark_place (n int PRIMARY KEY, location_id uuid, postal_code text, city text);
"""
COLUMNS = """
SELECT c.relname AS "table", a.attname AS name, format_type(a.atttypid, NULL) AS type
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (c.oid, a.attnum)
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attgenerated = '' AND a.attidentity = '' AND coalesce(pg_get_expr(d.adbin, d.adrelid), '') NOT LIKE 'nextval(%%'
  AND c.relname NOT LIKE 'benchmark_%%'
ORDER BY c.relname, a.attnum
"""
KEYS = """
SELECT c.relname AS "table", a.attname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
WHERE i.indisprimary AND i.indnkeyatts = 1 AND a.atttypid = 'uuid'::regtype AND c.relnamespace = 'public'::regnamespace
"""
GUARD = """
want AS MATERIALIZED (
    SELECT variant_id, location_id, sum(q)::int AS q FROM (
        {wanted}) AS w(variant_id, location_id, q) GROUP BY 1, 2),
locked AS MATERIALIZED (
    SELECT s.id, w.q FROM inventory_stock s JOIN want w USING (variant_id, location_id)
    ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s)
UPDATE inventory_stock s SET reserved = s.reserved + l.q FROM locked l
WHERE s.id = l.id AND s.on_hand - s.safety - s.reserved - s.allocated >= l.q
"""


@dataclass(frozen=True)
class Column:
    """A column that an INSERT names."""

    name: str
    type: str


@dataclass(frozen=True)
class Written:
    """The rows that the sample left in one table, as texts (None is NULL)."""

    table: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str | None]]


@dataclass(frozen=True)
class Sample:
    """A placed order: its rows, and which texts in them stand for what."""

    written: Sequence[Written]
    fresh: Sequence[str]
    marks: dict[str, str]
    lines: int


def take_sample(lines: int = 3) -> Sample:
    """Place an order of as many SKUs at the first region and find every row that it wrote."""
    _make_look_up()
    chosen = [sku(SKUS // lines * n) for n in range(lines)]
    raw = body(chosen, REGIONS[0])
    tables = _columns()
    counts = count_rows()
    before = rows("SELECT pg_current_xact_id()::text::bigint % 4294967296 AS xid")[0].xid
    answer = place_order(raw, client="benchmark", **SAMPLE, actor=SYSTEM).body
    written = [Written(table, columns, _new_rows(table, columns, before)) for table, columns in tables.items()]
    written = [w for w in written if w.rows and w.table != STOCK]
    added = {table: count - counts[table] for table, count in count_rows().items() if count != counts[table]}
    if added != {w.table: len(w.rows) for w in written}:
        raise Trouble(f"The sample order has changed rows that were there before: the reference cannot. {added}")
    marks = {
        answer["number"]: "j.number",
        raw["customer"]["email"]: "j.email",
        **dict.fromkeys(SAMPLE.values(), "j.key"),
    }
    marks |= {REGIONS[0].postal_code: "j.postal_code", REGIONS[0].city: "j.city"}
    marks[_one("SELECT location_id FROM benchmark_place WHERE n = 1")] = "j.location_id"
    for n, name in enumerate(chosen):
        marks |= {
            name: f"j.sku{n}",
            _one("SELECT id FROM catalog_variant WHERE sku = %(sku)s", sku=name): f"j.variant{n}",
        }
    return Sample(written, _fresh(written), marks, lines)


def statement(sample: Sample, orders: int = 1, *, skus: Sequence[int] = (0, SKUS - 1)) -> str:
    """The statement for so many new orders, with SKUs by chance from a range that is parted among the lines."""
    marks = sample.marks | {uuid: f"j.id{n}" for n, uuid in enumerate(sample.fresh)}
    parts = [_orders(sample, orders, skus)]
    parts += [f"{w.table}_rows AS ({_insert(w, marks)})" for w in sample.written]
    (pins,) = [w for w in sample.written if w.table == "inventory_reservation"]
    wanted = _picked(pins, ("variant_id", "location_id", "quantity"), marks)
    return "WITH " + ",\n".join([*parts, GUARD.format(wanted=wanted).strip()])


def count_rows() -> dict[str, int]:
    """Rows of every table."""
    counts = {}
    for row in rows("SELECT DISTINCT tablename AS name FROM pg_tables WHERE schemaname = 'public'"):
        if not row.name.startswith("benchmark_"):
            counts[row.name] = int(rows(f'SELECT count(*) AS n FROM "{row.name}"')[0].n)
    return counts


def rows_per_order(before: dict[str, int], after: dict[str, int], orders: int) -> dict[str, float]:
    """Rows written per order, by table, where any were."""
    return {t: round((n - before[t]) / orders, 4) for t, n in sorted(after.items()) if n != before[t]}


def _orders(sample: Sample, orders: int, skus: Sequence[int]) -> str:
    """One wide row per order: its new ids, number, key, customer, SKUs and place."""
    low, width = skus[0], (skus[1] - skus[0] + 1) // sample.lines
    spans = [(low + n * width, max(low, low + (n + 1) * width - 1)) for n in range(sample.lines)]
    made = [f"uuidv7() AS id{n}" for n in range(len(sample.fresh))]
    made += ["'WEB-' || nextval('orders_number') AS number", "gen_random_uuid()::text AS key"]
    made += [f"random({first}, {last}) AS n{i}" for i, (first, last) in enumerate(spans)]
    made += [f"random(1, {len(REGIONS)}) AS place"]
    joined = "".join(f" JOIN benchmark_sku s{n} ON s{n}.n = k.n{n}" for n in range(sample.lines))
    named = "".join(f", s{n}.sku AS sku{n}, s{n}.variant_id AS variant{n}" for n in range(sample.lines))
    return (
        f"k AS MATERIALIZED (SELECT {', '.join(made)} FROM generate_series(1, {orders})),\n"
        "j AS MATERIALIZED (SELECT k.*, k.key || '@example.com' AS email, p.location_id, p.postal_code, p.city"
        f"{named} FROM k JOIN benchmark_place p ON p.n = k.place{joined})"
    )


def _insert(written: Written, marks: dict[str, str]) -> str:
    names = [column.name for column in written.columns]
    listed = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {written.table} ({listed}) {_picked(written, names, marks)}"


def _picked(written: Written, names: Iterable[str], marks: dict[str, str]) -> str:
    """The rows of a table for every order, as a SELECT."""
    places = {column.name: index for index, column in enumerate(written.columns)}
    values = [
        "("
        + ", ".join(_expression(row[places[name]], written.columns[places[name]].type, marks) for name in names)
        + ")"
        for row in written.rows
    ]
    return f"SELECT r.* FROM j CROSS JOIN LATERAL (VALUES {', '.join(values)}) AS r"


def _expression(text: str | None, kind: str, marks: dict[str, str]) -> str:
    """A value of the sample as SQL: what belongs to the one order is replaced by what belongs to another."""
    if text is None:
        return f"NULL::{kind}"
    if kind == "timestamp with time zone":
        return "now()"
    if text in marks and kind in ("uuid", "text"):
        return marks[text]
    pieces = [part for part in re.split(f"({'|'.join(map(re.escape, marks))})", text) if part]
    told = " || ".join(f"{marks[piece]}::text" if piece in marks else _literal(piece) for piece in pieces)
    return f"({told or _literal('')})::{kind}"


def _literal(text: str) -> str:
    # pgbench takes a colon before a letter for a variable of its own, even in quotes.
    quoted = text.replace("'", "''")
    parts = re.split(r"(?<=:)(?=[A-Za-z_])", quoted)
    return " || ".join(f"'{part}'" for part in parts) if len(parts) > 1 else f"'{quoted}'"


def _make_look_up() -> None:
    for sql in LOOK_UP.strip().split(";\n"):
        run(sql)
    for n, region in enumerate(REGIONS, start=1):
        run(
            "INSERT INTO benchmark_place SELECT %(n)s, id, %(postal_code)s, %(city)s FROM inventory_location WHERE code = %(code)s",
            {"n": n, "postal_code": region.postal_code, "city": region.city, "code": f"DC-{region.code}"},
        )
    run("ANALYZE benchmark_sku, benchmark_place")


def _columns() -> dict[str, list[Column]]:
    found: dict[str, list[Column]] = {}
    for row in rows(COLUMNS):
        found.setdefault(row.table, []).append(Column(row.name, row.type))
    return found


def _new_rows(table: str, columns: Sequence[Column], since: int) -> list[Sequence[str | None]]:
    listed = ", ".join(f'"{column.name}"::text' for column in columns)
    return [tuple(row) for row in _plain(f'SELECT {listed} FROM "{table}" WHERE xmin::text::bigint >= {since}')]


def _plain(sql: str) -> list[Sequence[str | None]]:
    return run(sql).fetchall()


def _fresh(written: Sequence[Written]) -> list[str]:
    """The ids that were made for the order: the primary keys of its rows."""
    keys = {(row.table, row.name) for row in rows(KEYS)}
    return [
        str(row[index])
        for w in written
        for index, column in enumerate(w.columns)
        if (w.table, column.name) in keys
        for row in w.rows
    ]


def _one(sql: str, **params: str) -> str:
    return str(rows(sql, params)[0][0])
