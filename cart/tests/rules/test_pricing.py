from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cart.rules import CENT, Discount, Line, Shipping, contained_tax, price_cart, spread

cents = st.decimals(0, 10_000, places=2)
lines = st.lists(
    st.builds(
        Line,
        sku=st.uuids().map(str),
        quantity=st.integers(1, 99),
        unit_price=cents,
        tax_class=st.sampled_from(["standard", "reduced", "zero"]),
    ),
    max_size=6,
)
discounts = st.one_of(
    st.none(),
    st.builds(Discount, st.just("percent"), st.decimals(0, 100, places=2)),
    st.builds(Discount, st.just("amount"), cents),
    st.just(Discount("free_shipping")),
)
shippings = st.one_of(st.none(), st.builds(Shipping, cents, st.one_of(st.none(), cents)))
RATES = {"standard": Decimal(19), "reduced": Decimal(7)}


@given(lines, discounts, shippings)
def test_the_parts_sum_to_the_total_and_nothing_is_negative(lines, discount, shipping):
    price = price_cart(lines, discount, shipping, RATES)

    assert price.total == price.subtotal - price.discount + price.shipping
    assert price.discount <= price.subtotal
    assert 0 <= price.tax <= price.total
    assert min(price.subtotal, price.discount, price.shipping, price.total) >= 0
    for amount in (price.subtotal, price.discount, price.shipping, price.tax, price.total):
        assert amount == amount.quantize(CENT)


@given(lines, discounts, shippings, st.randoms())
def test_the_order_of_the_lines_makes_no_difference(lines, discount, shipping, random):
    shuffled = list(lines)
    random.shuffle(shuffled)

    assert price_cart(lines, discount, shipping, RATES) == price_cart(
        shuffled, discount, shipping, RATES
    )


@given(cents, st.dictionaries(st.text(min_size=1), cents, min_size=1))
def test_a_spread_amount_sums_to_itself(amount, weights):
    parts = spread(amount, weights)

    total = sum(parts.values())
    assert total == (amount if sum(weights.values()) else 0)
    assert all(part >= 0 for part in parts.values())


def price(discount=None, shipping=None):
    return price_cart(
        [Line("TEA", 3, Decimal("3.33"), "reduced"), Line("POT", 1, Decimal("12.00"))],
        discount,
        shipping,
        RATES,
    )


def test_a_plain_cart_costs_its_goods():
    assert (price().subtotal, price().total) == (Decimal("21.99"), Decimal("21.99"))
    # 9.99 at 7 % holds 0.65, 12.00 at 19 % holds 1.92.
    assert price().tax == Decimal("2.57")


@pytest.mark.parametrize(
    ("discount", "off"),
    [
        (Discount("percent", Decimal(10)), "2.20"),
        (Discount("amount", Decimal(5)), "5.00"),
        (Discount("amount", Decimal(500)), "21.99"),
        (Discount("free_shipping"), "0.00"),
    ],
)
def test_a_code_takes_off_what_it_says(discount, off):
    assert price(discount).discount == Decimal(off)


def test_shipping_is_free_from_its_limit_after_the_discount():
    tariff = Shipping(Decimal("4.90"), Decimal("20.00"))

    assert price(None, tariff).shipping == 0
    assert price(Discount("percent", Decimal(10)), tariff).shipping == Decimal("4.90")
    assert price(Discount("free_shipping"), Shipping(Decimal("4.90"))).shipping == 0


def test_tax_is_contained_in_the_price():
    assert contained_tax(Decimal("119.00"), Decimal(19)) == Decimal("19.00")
