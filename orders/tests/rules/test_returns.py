"""What goes back for goods that come back, in any currency and in any parts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.rules.returns import price_due, value_of_return
from shared.contracts.parts import Quantity
from shared.money import get_currency, is_payable


@st.composite
def orders(draw):
    """Prices, bought units in an order of coming back cut into returns, discount, currency."""
    currency = get_currency(draw(st.sampled_from(["EUR", "JPY", "KWD"])))
    amount = st.integers(1, 100_000).map(lambda steps: steps * currency.step)
    prices = draw(st.dictionaries(st.sampled_from("ABC"), amount, min_size=1))
    bought = {sku: draw(st.integers(1, 12)) for sku in sorted(prices)}
    units = draw(st.permutations([sku for sku, count in bought.items() for _ in range(count)]))
    subtotal = sum(prices[sku] for sku in units)
    discount = draw(st.integers(0, int(subtotal / currency.step))) * currency.step
    cuts = sorted(draw(st.sets(st.integers(1, len(units)))) | {len(units)})
    parts = [units[a:b] for a, b in zip([0, *cuts], cuts, strict=False)]
    return prices, parts, subtotal, discount, currency


def lines_of(units):
    return [Quantity(sku=sku, quantity=units.count(sku)) for sku in sorted(set(units))]


@given(orders())
def test_any_split_of_a_return_gives_back_what_was_paid_for_the_goods(order):
    prices, parts, subtotal, discount, currency = order
    given_back, earlier = Decimal(0), []
    for units in parts:
        value = value_of_return(subtotal, discount, prices, earlier, lines_of(units), currency.step)
        assert 0 <= value <= sum(prices[sku] for sku in units)
        assert is_payable(value, currency.code)
        given_back += value
        earlier += lines_of(units)
        assert given_back <= subtotal - discount

    assert given_back == subtotal - discount


@pytest.mark.parametrize(
    ("price", "discount", "paid"), [("1.00", "0.09", "19.91"), ("10.00", "0.11", "199.89")]
)
def test_twenty_returns_of_one_give_back_the_goods_and_no_more(price, discount, paid):
    tea, step = Decimal(price), Decimal("0.01")
    one = [Quantity(sku="TEA", quantity=1)]
    values = [
        value_of_return(tea * 20, Decimal(discount), {"TEA": tea}, one * number, one, step)
        for number in range(20)
    ]

    assert sum(values) == Decimal(paid)


@given(orders(), st.data())
def test_returns_and_other_refunds_together_give_the_goods_back_once(order, data):
    """Before each return the merchant may have sent any part of what is left."""
    prices, parts, subtotal, discount, currency = order
    goods = subtotal - discount
    paid = goods + data.draw(st.integers(0, 5_000)) * currency.step
    gone, earlier = Decimal(0), []
    for units in parts:
        before = gone
        gone += data.draw(st.integers(0, int((paid - gone) / currency.step))) * currency.step
        sent = gone
        value = value_of_return(subtotal, discount, prices, earlier, lines_of(units), currency.step)
        due = price_due(value, goods=goods, gone=gone, paid=paid)
        assert 0 <= due <= value
        gone += due
        earlier += lines_of(units)
        assert gone <= max(goods, sent)
        assert gone >= before

    assert goods <= gone <= paid
