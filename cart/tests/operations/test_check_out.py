import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from cart import operations, queries
from cart.models import Cart, Checkout, Coupon, Offer, ShippingMethod
from cart.queries import Owner
from cart.rules import CouponRefused, CouponUnknown
from cart.tests.conftest import ALICES, NOW, make_request
from shared.contracts.cart import CartCheckedOut
from shared.errors import Conflict, DomainError, IdempotencyKeyReused
from shared.events.ids import uuid7
from shared.money import Money
from shared.testing.events import published, published_names

pytestmark = pytest.mark.django_db


def check_out(owner=ALICES, key="k1", **changes):
    return operations.check_out(owner=owner, key=key, request=make_request(**changes), now=NOW)


def eur(amount):
    return Money(Decimal(amount), "EUR")


def test_the_cart_becomes_an_order_to_be(filled):
    cart = filled(TEA=2, POT=1)

    checkout = check_out()

    (fact,) = published(CartCheckedOut)
    assert (fact.order_id, fact.cart_id) == (checkout.order_id, cart.pk)
    assert [(x.sku, x.quantity, x.total) for x in fact.lines] == [
        ("TEA", 2, eur("10.00")),
        ("POT", 1, eur("12.00")),
    ]
    assert (fact.totals.total, fact.totals.shipping) == (eur("26.90"), eur("4.90"))
    assert queries.find_cart(ALICES) is None


def test_the_same_key_gives_the_same_answer(filled):
    filled(TEA=2)

    answers = {check_out().order_id for _ in range(3)}

    assert len(answers) == 1
    assert published_names() == ["cart.checked_out"]


def test_the_key_cannot_mean_something_else(filled):
    filled(TEA=2)
    check_out()

    with pytest.raises(IdempotencyKeyReused):
        check_out(email="other@souk.example")

    assert published_names() == ["cart.checked_out"]


def test_another_key_finds_the_cart_empty(filled):
    filled(TEA=2)
    check_out()

    with pytest.raises(operations.CartEmpty):
        check_out(key="k2")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"active": False}, operations.NotForSale),
        ({"available": 1}, operations.NotEnoughStock),
        ({"price": Decimal("6.00")}, operations.CartChanged),
    ],
)
def test_what_changed_meanwhile_is_said_and_nothing_happens(filled, change, error):
    cart = filled(TEA=2)
    Offer.objects.filter(sku="TEA").update(**change)

    with pytest.raises(error):
        check_out(expected_total=eur("14.90"))

    cart.refresh_from_db()
    assert cart.status == "open"
    assert published_names() == []
    assert not Checkout.objects.exists()


def test_who_names_no_total_is_held_to_the_prices_seen(filled):
    filled(TEA=2)
    Offer.objects.filter(sku="TEA").update(price=Decimal("6.00"))

    with pytest.raises(operations.CartChanged, match="expected_total"):
        check_out()

    assert published_names() == []
    check_out(expected_total=eur("16.90"))


def test_who_agreed_to_the_total_without_the_code_orders(filled, coupon):
    coupon()
    filled(TEA=2)
    operations.apply_coupon(owner=ALICES, code="TEN", now=NOW)
    Coupon.objects.update(active=False)

    with pytest.raises(operations.CartChanged):
        check_out(expected_total=eur("13.90"))
    with pytest.raises(CouponUnknown):
        check_out()
    check_out(expected_total=eur("14.90"))

    (fact,) = published(CartCheckedOut)
    assert (fact.coupon, fact.totals.total, Coupon.objects.get().used) == ("", eur("14.90"), 0)


def test_it_goes_only_where_the_shop_sends(filled):
    filled(TEA=2)
    address = replace(make_request().shipping_address, country="JP")

    for changes in ({"shipping_address": address}, {"shipping_method": "rocket"}):
        with pytest.raises(queries.ShippingUnavailable):
            check_out(**changes)

    assert published_names() == []


def test_a_code_counts_once_a_checkout(filled, coupon):
    coupon(max_uses=5)
    filled(TEA=2)
    operations.apply_coupon(owner=ALICES, code="ten", now=NOW)

    for _ in range(3):
        check_out()

    (fact,) = published(CartCheckedOut)
    assert (fact.coupon, fact.totals.discount) == ("TEN", eur("1.00"))
    assert Coupon.objects.get().used == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"active": False}, "coupon_unknown"),
        ({"ends_at": NOW}, "coupon_expired"),
        ({"starts_at": NOW + timedelta(seconds=1)}, "coupon_expired"),
        ({"minimum": Decimal("10.01")}, "coupon_minimum"),
        ({"max_uses": 1, "used": 1}, "coupon_used_up"),
    ],
)
def test_a_code_that_does_not_apply_says_why(filled, coupon, changes, code):
    coupon(**changes)
    cart = filled(TEA=2)

    with pytest.raises(CouponRefused) as refused:
        operations.apply_coupon(owner=ALICES, code="TEN", now=NOW)

    assert refused.value.code == code
    cart.refresh_from_db()
    assert cart.coupon_id is None


def test_a_cancelled_order_gives_its_code_back_once(filled, coupon):
    coupon(max_uses=1)
    filled(TEA=2)
    operations.apply_coupon(owner=ALICES, code="TEN", now=NOW)
    order_id = check_out().order_id

    for _ in range(3):
        operations.end_checkout(order_id=order_id, reason="merchant", now=NOW)

    assert Coupon.objects.get().used == 0
    assert queries.find_cart(ALICES) is None


@pytest.mark.parametrize("reason", ["sold_out", "customer", "hold_expired", "payment_failed"])
def test_the_cart_comes_back_when_its_order_comes_to_nothing(filled, reason):
    cart = filled(TEA=2)
    order_id = check_out().order_id

    for _ in range(3):
        operations.end_checkout(order_id=order_id, reason=reason, now=NOW)

    assert queries.find_cart(ALICES) == cart
    assert check_out(key="k2").order_id != order_id


def test_its_lines_join_the_cart_that_was_begun_since(filled):
    filled(TEA=2)
    order_id = check_out().order_id
    newer = filled(POT=1)

    operations.end_checkout(order_id=order_id, reason="sold_out", now=NOW)

    assert set(newer.lines.values_list("offer", flat=True)) == {"TEA", "POT"}


def test_a_guests_lines_join_the_cart_that_was_begun_since(shop):
    first = operations.add_item(owner=Owner(), sku="TEA", quantity=2, now=NOW)
    guest = Owner(guest_cart_id=first.pk)
    order_id = check_out(owner=guest).order_id
    newer = operations.add_item(owner=guest, sku="POT", quantity=1, now=NOW)

    for _ in range(2):
        operations.end_checkout(order_id=order_id, reason="customer", now=NOW)

    assert newer.pk != first.pk
    assert dict(newer.lines.values_list("offer", "quantity")) == {"POT": 1, "TEA": 2}


def lines_of(cart):
    return dict(cart.lines.values_list("offer", "quantity"))


@pytest.mark.parametrize("reason", ["merchant", "refunded", "payment_failed"])
def test_a_paid_cart_stays_closed_unless_its_owner_cancels(filled, reason):
    filled(TEA=2)
    order_id = check_out().order_id
    operations.close_cart(order_id=order_id, now=NOW)

    operations.end_checkout(order_id=order_id, reason=reason, now=NOW)
    assert queries.find_cart(ALICES) is None

    operations.end_checkout(order_id=order_id, reason="customer", now=NOW)
    assert lines_of(queries.find_cart(ALICES)) == {"TEA": 2}


def test_a_guests_carts_come_back_whatever_order_their_orders_end_in(shop):
    first = operations.add_item(owner=Owner(), sku="TEA", quantity=2, now=NOW)
    owner = Owner(guest_cart_id=first.pk)
    one = check_out(owner=owner).order_id
    second = operations.add_item(owner=owner, sku="POT", quantity=1, now=NOW)
    owner = Owner(guest_cart_id=second.pk)
    two = check_out(owner=owner, key="k2").order_id

    operations.end_checkout(order_id=one, reason="customer", now=NOW)
    third = operations.add_item(owner=owner, sku="TEA", quantity=1, now=NOW)
    assert lines_of(third) == {"TEA": 3}
    operations.end_checkout(order_id=two, reason="customer", now=NOW)

    assert lines_of(third) == {"TEA": 3, "POT": 1}


def test_a_guests_order_comes_back_to_the_account_that_has_signed_in_since(shop):
    guest = operations.add_item(owner=Owner(), sku="TEA", quantity=2, now=NOW)
    order_id = check_out(owner=Owner(guest_cart_id=guest.pk)).order_id
    both = replace(ALICES, guest_cart_id=guest.pk)
    operations.merge_guest_cart(owner=both, now=NOW)
    mine = operations.add_item(owner=ALICES, sku="POT", quantity=1, now=NOW)

    operations.end_checkout(order_id=order_id, reason="customer", now=NOW)

    assert lines_of(mine) == {"POT": 1, "TEA": 2}


def together(count, call):
    def run(number):
        try:
            return call(number)
        except DomainError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.django_db(transaction=True)
def test_twenty_clicks_are_one_order(filled):
    filled(TEA=2)

    answers = together(20, lambda _: check_out().order_id)

    assert len(set(answers)) == 1
    assert published_names() == ["cart.checked_out"]


@pytest.mark.django_db(transaction=True)
def test_twenty_keys_for_one_cart_are_one_order(filled):
    filled(TEA=2)

    answers = together(20, lambda number: str(check_out(key=f"k{number}").order_id))

    assert answers.count("cart_empty") == 19
    assert published_names() == ["cart.checked_out"]


@pytest.mark.django_db(transaction=True)
def test_the_last_use_of_a_code_goes_to_one_of_many(shop, coupon):
    coupon(max_uses=3)
    owners = [Owner(customer_id=uuid7()) for _ in range(10)]
    for owner in owners:
        operations.add_item(owner=owner, sku="POT", quantity=1, now=NOW)
        operations.apply_coupon(owner=owner, code="TEN", now=NOW)

    answers = together(10, lambda number: str(check_out(owner=owners[number]).order_id))

    assert answers.count("coupon_used_up") == 7
    assert Coupon.objects.get().used == 3
    assert Cart.objects.filter(status="checked_out").count() == 3


@pytest.mark.parametrize(
    ("price", "code", "words"),
    [
        ("0.49", "total_too_small", "pays €0.50 or more"),
        ("0.01", "total_too_small", "your total is €0.01"),
        ("1000000.00", "total_too_large", "€999,999.99 at most"),
    ],
)
def test_it_refuses_what_the_provider_would_not_take(filled, price, code, words):
    ShippingMethod.objects.update(price=0)
    Offer.objects.filter(sku="POT").update(price=Decimal(price))
    cart = filled(POT=1)

    with pytest.raises(Conflict, match=re.escape(words)) as refused:
        operations.check_out(owner=ALICES, key="k", request=make_request(), now=NOW)

    assert refused.value.code == code
    cart.refresh_from_db()
    assert cart.status == "open"
    assert published_names() == []


@pytest.mark.parametrize("price", ["0.00", "0.50", "999999.99"])
def test_it_takes_the_bounds_and_what_needs_no_payment(filled, price):
    ShippingMethod.objects.update(price=0)
    Offer.objects.filter(sku="POT").update(price=Decimal(price))
    filled(POT=1)

    operations.check_out(owner=ALICES, key="k", request=make_request(), now=NOW)

    assert [fact.totals.total.amount for fact in published(CartCheckedOut)] == [Decimal(price)]
