from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from cart import operations, queries
from cart.models import Cart, CartLine, Offer
from cart.queries import Owner
from cart.tests.conftest import ALICES, NOW
from shared.errors import DomainError
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db


def lines(cart):
    return dict(CartLine.objects.filter(cart=cart).values_list("offer", "quantity"))


def test_the_same_thing_twice_adds_up(filled):
    cart = filled(TEA=2)
    filled(TEA=3)

    assert lines(cart) == {"TEA": 5}


@pytest.mark.parametrize("quantity", [0, -1, 100, 10**9])
def test_a_senseless_quantity_is_refused(filled, quantity):
    cart = filled(POT=1)

    for change in (operations.add_item, operations.set_quantity):
        with pytest.raises(operations.InvalidQuantity):
            change(owner=ALICES, sku="POT", quantity=quantity, now=NOW)

    assert lines(cart) == {"POT": 1}


def test_no_more_than_a_line_may_hold(filled):
    cart = filled(POT=98)

    with pytest.raises(operations.InvalidQuantity):
        operations.add_item(owner=ALICES, sku="POT", quantity=2, now=NOW)

    assert lines(cart) == {"POT": 98}


def test_no_more_than_there_is(filled):
    cart = filled(TEA=6)

    with pytest.raises(operations.NotEnoughStock, match="Only 7 left"):
        operations.add_item(owner=ALICES, sku="TEA", quantity=2, now=NOW)

    assert lines(cart) == {"TEA": 6}


def test_what_is_unknown_or_withdrawn_is_refused(shop):
    Offer.objects.filter(sku="POT").update(active=False)

    with pytest.raises(operations.UnknownSku):
        operations.add_item(owner=ALICES, sku="GHOST", quantity=1, now=NOW)
    with pytest.raises(operations.NotForSale):
        operations.add_item(owner=ALICES, sku="POT", quantity=1, now=NOW)

    assert not Cart.objects.exists()


def test_what_is_not_in_the_cart_cannot_be_changed(filled):
    filled(TEA=1)

    with pytest.raises(operations.NotInCart):
        operations.remove_item(owner=ALICES, sku="POT", now=NOW)
    with pytest.raises(operations.NotInCart):
        operations.set_quantity(owner=ALICES, sku="POT", quantity=1, now=NOW)


def test_a_guests_lines_join_the_account_once(filled):
    account = filled(TEA=2)
    guest = filled(Owner(), TEA=3, POT=1)
    both = Owner(ALICE.user_id, guest.pk)

    assert [operations.merge_guest_cart(owner=both, now=NOW) for _ in range(3)] == [2, 0, 0]

    assert lines(account) == {"TEA": 5, "POT": 1}
    assert lines(guest).keys() <= {"TEA"}


def test_a_merged_line_holds_no_more_than_a_line_may(filled):
    account = filled(POT=60)
    guest = filled(Owner(), POT=60)

    operations.merge_guest_cart(owner=Owner(ALICE.user_id, guest.pk), now=NOW)

    assert lines(account) == {"POT": 99}


def test_somebody_elses_cart_is_not_merged(filled):
    alices = filled(TEA=2)

    moved = operations.merge_guest_cart(
        owner=Owner(Owner(ALICE.user_id).customer_id, alices.pk), now=NOW
    )

    assert moved == 0
    assert queries.find_cart(Owner(guest_cart_id=alices.pk)) is None


@pytest.mark.django_db(transaction=True)
def test_two_tabs_make_one_cart(shop):
    def add(_):
        try:
            operations.add_item(owner=ALICES, sku="POT", quantity=1, now=NOW)
        except DomainError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(add, range(8))) == {None}

    assert Cart.objects.count() == 1
    assert CartLine.objects.get().quantity == 8
