from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from accounting.postings import Sale
from fulfillment.shares import added, part


@dataclass
class Line:
    net: Decimal
    tax: Decimal
    ordered: int
    freight_net: Decimal = Decimal(0)
    freight_tax: Decimal = Decimal(0)


def gross(sale: Sale) -> Decimal:
    return sale.net + sale.tax


def test_one_of_two_is_worth_its_price_to_the_cent() -> None:
    line = Line(Decimal("183.33"), Decimal("36.67"), 2)
    assert [gross(part(line, start, 1, "EUR")) for start in (0, 1)] == [Decimal("110.00"), Decimal("110.00")]


@given(
    st.decimals(0, 5_000, places=2),
    st.sampled_from(["0", "0.055", "0.20", "0.27", "1"]),
    st.integers(1, 900),
    st.lists(st.integers(0, 900), max_size=8),
)
def test_parts_are_never_negative_and_add_up(net: Decimal, rate: str, units: int, cuts: list[int]) -> None:
    line = Line(net, round(net * Decimal(rate), 2), units)
    stops = sorted({0, units, *(cut for cut in cuts if cut < units)})
    parts = [part(line, start, stop - start, "EUR") for start, stop in pairwise(stops)]
    whole = added(parts)
    assert (whole.net, whole.tax, whole.quantity) == (line.net, line.tax, units)
    assert all(each.net >= 0 and each.tax >= 0 for each in parts)
