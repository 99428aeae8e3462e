"""What nobody has counted cannot be bought, unless it is not tracked."""

import pytest

from cart import operations, queries
from cart.models import CartLine, Offer
from cart.tests.conftest import ALICES, NOW
from cart.tests.operations.test_check_out import check_out
from shared.testing.events import published_names

pytestmark = pytest.mark.django_db


def add(sku, quantity=1):
    return operations.add_item(owner=ALICES, sku=sku, quantity=quantity, now=NOW)


def problems():
    view = queries.view_cart(queries.find_cart(ALICES), now=NOW)
    return [line.problem for line in view.lines], view.may_check_out


def test_what_nobody_counted_is_refused(shop):
    Offer.objects.filter(sku="TEA").update(available=None)

    with pytest.raises(operations.NotEnoughStock):
        add("TEA")

    assert not CartLine.objects.exists()
    assert published_names() == []


def test_what_nobody_counted_is_a_problem_of_its_line(filled):
    filled(TEA=1)
    Offer.objects.filter(sku="TEA").update(available=None)

    assert problems() == (["sold_out"], False)
    with pytest.raises(operations.NotEnoughStock):
        check_out()
    with pytest.raises(operations.NotEnoughStock):
        operations.set_quantity(owner=ALICES, sku="TEA", quantity=2, now=NOW)
    assert published_names() == []


@pytest.mark.parametrize("available", [None, 0, 3])
def test_what_is_not_tracked_can_be_bought_in_any_number(filled, available):
    Offer.objects.filter(sku="POT").update(available=available, tracked=False)
    filled(POT=50)
    add("POT", 40)

    view = queries.view_cart(queries.find_cart(ALICES), now=NOW)
    assert [(line.quantity, line.available) for line in view.lines] == [(90, None)]
    assert problems() == ([""], True)
    check_out()
    assert published_names() == ["cart.checked_out"]


def test_what_is_tracked_from_now_on_is_a_problem(filled):
    filled(POT=2)
    Offer.objects.filter(sku="POT").update(tracked=True)

    assert problems() == (["sold_out"], False)
