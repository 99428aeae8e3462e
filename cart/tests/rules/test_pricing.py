from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cart.rules import Discount, Shipping, contained_tax, price_cart, spread
from shared.money import Money, get_currency, is_payable

EUR = get_currency("EUR")
RATES = {"standard": Decimal(19), "reduced": Decimal(7)}


def amounts_of(totals):
    return SimpleNamespace(**{name: money.amount for name, money in vars(totals).items()})


def amounts(currency):
    """What a price may be."""
    return st.integers(0, 1_000_000).map(lambda steps: steps * currency.step)


@st.composite
def carts(draw):
    """Goods by tax class, discount, shipping and currency, of every kind of currency that there
    is."""
    currency = get_currency(draw(st.sampled_from(["EUR", "JPY", "KWD", "ISK", "MGA"])))
    amount = amounts(currency)
    goods = st.dictionaries(st.sampled_from(["standard", "reduced", "zero"]), amount)
    discount = st.one_of(
        st.none(),
        st.builds(Discount, st.just("percent"), st.decimals(0, 100, places=2)),
        st.builds(Discount, st.just("amount"), amount),
        st.builds(Discount, st.just("free_shipping"), amount),
    )
    shipping = st.one_of(st.none(), st.builds(Shipping, amount, st.one_of(st.none(), amount)))
    return draw(goods), draw(discount), draw(shipping), currency


@given(carts())
def test_the_parts_sum_to_the_total_and_nothing_is_negative(cart):
    goods, discount, shipping, currency = cart
    price = amounts_of(price_cart(goods, discount, shipping, RATES, currency))

    assert price.total == price.subtotal - price.discount + price.shipping
    assert price.discount <= price.subtotal
    assert 0 <= price.tax <= price.total
    assert min(price.subtotal, price.discount, price.shipping, price.total) >= 0
    for amount in (price.subtotal, price.discount, price.shipping, price.total):
        assert is_payable(amount, currency.code)
    assert Money(price.tax, currency.code).amount == price.tax


@given(carts(), st.randoms())
def test_the_order_of_the_goods_makes_no_difference(cart, random):
    goods, discount, shipping, currency = cart
    shuffled = list(goods.items())
    random.shuffle(shuffled)

    assert price_cart(goods, discount, shipping, RATES, currency) == price_cart(
        dict(shuffled), discount, shipping, RATES, currency
    )


@given(st.sampled_from(["EUR", "JPY", "KWD"]).map(get_currency), st.data())
def test_a_spread_amount_sums_to_itself(currency, data):
    amount = data.draw(amounts(currency))
    weights = data.draw(st.dictionaries(st.text(min_size=1), amounts(currency), min_size=1))
    parts = spread(amount, weights, currency.quantum)

    total = sum(parts.values())
    assert total == (amount if sum(weights.values()) else 0)
    assert all(part >= 0 for part in parts.values())


def price(discount=None, shipping=None):
    goods = {"reduced": Decimal("9.99"), "standard": Decimal("12.00")}
    return amounts_of(price_cart(goods, discount, shipping, RATES, EUR))


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


@pytest.mark.parametrize(("tariff", "paid"), [("4.90", "0"), ("11.90", "7.00"), ("2.00", "0")])
def test_free_shipping_pays_for_the_usual_way_and_dearer_ones_cost_the_difference(tariff, paid):
    code = Discount("free_shipping", Decimal("4.90"))

    assert price(code, Shipping(Decimal(tariff))).shipping == Decimal(paid)


def test_tax_is_contained_in_the_price():
    assert contained_tax(Decimal("119.00"), Decimal(19), EUR.quantum) == Decimal("19.00")
