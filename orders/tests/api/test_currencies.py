"""An order from checkout to return in currencies without decimals and with three of them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders import operations
from orders.tests.conftest import in_currency, make_checkout
from shared.contracts.orders import RefundRequested
from shared.contracts.parts import Quantity
from shared.events.ids import uuid7
from shared.testing.events import published
from shared.testing.users import MIA

pytestmark = pytest.mark.django_db
CASES = [
    ("JPY", "1999", "400", "490", "6087", "100", "0.50", "1866"),
    ("KWD", "1.230", "0.370", "0.490", "3.810", "0.100", "0.105", "1.110"),
]


@pytest.mark.parametrize(
    ("currency", "price", "off", "sent", "total", "part", "too_fine", "returned"), CASES
)
def test_an_order_is_paid_refunded_in_part_and_returned(
    settings, api_of, currency, price, off, sent, total, part, too_fine, returned
):
    settings.CURRENCY = currency
    now = timezone.now()
    fields = in_currency(currency, price, off, sent)
    order = operations.place_order(checkout=make_checkout(**fields), now=now)
    expires = now + timedelta(hours=1)
    operations.await_payment(order_id=order.pk, expires_at=expires, now=now)
    operations.record_payment(order_id=order.pk, amount=fields["totals"].total, now=now)
    url, mia = f"/orders/api/v1/orders/{order.pk}/", api_of(MIA)

    assert mia.get(url).json()["totals"]["paid"] == {"amount": total, "currency": currency}
    refused = mia.post(url + "refund/", {"amount": too_fine, "reason": "x"})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_input")
    assert published(RefundRequested) == []
    answer = mia.post(url + "refund/", {"amount": part, "reason": "x"})
    assert answer.json().get("amount") == {"amount": part, "currency": currency}, answer.text

    operations.ship_order(order_id=order.pk, carrier="", tracking_number="", actor="Mia", now=now)
    made = operations.request_return(
        order_id=order.pk,
        return_id=uuid7(),
        lines=[Quantity(sku="TEA", quantity=1)],
        reason="",
        now=now,
    )
    operations.receive_return(return_id=made.pk, now=now)
    assert [fact.amount.to_json()["amount"] for fact in published(RefundRequested)] == [
        part,
        returned,
    ]
