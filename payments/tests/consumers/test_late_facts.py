"""Facts that come late, twice or in another order leave what they leave in their own."""

import pytest

from payments.models import Payment
from payments.tests.conftest import awaiting
from shared.contracts.orders import OrderCancelled
from shared.events.ids import uuid7
from shared.testing.events import deliver
from shared.testing.stories import assert_any_order_ends_alike, story

pytestmark = pytest.mark.django_db


def test_an_order_that_is_called_off_takes_no_payment_whatever_comes_first():
    fact = awaiting()
    called_off = OrderCancelled(
        order_id=fact.order_id,
        number=fact.number,
        customer_id=None,
        email="",
        cart_id=uuid7(),
        reason="customer",
        was_paid=False,
    )

    def is_payable():
        return Payment.objects.filter(status="pending", cancel_wanted=False).exists()

    assert_any_order_ends_alike(story(fact, called_off), is_payable)
    deliver(called_off, version=2)
    deliver(fact, version=1)
    assert not is_payable()
