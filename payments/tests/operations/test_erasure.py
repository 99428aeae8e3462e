from payments.models import Payment, PaymentEvent
from payments.tests.conftest import awaiting
from shared.auth.erasure import ERASED_EMAIL
from shared.contracts.orders import OrderForgotten
from shared.testing.erasure import DORA, ERASED, FORMER, assert_forgets
from shared.testing.events import deliver
from shared.testing.exporting import exported


def erase():
    deliver(ERASED)


def test_nothing_of_an_erased_person_is_left(payment_in):
    payment = payment_in("succeeded", customer_id=DORA.user_id, email=DORA.email)
    for email in (DORA.email, FORMER.email):
        PaymentEvent.objects.create(
            payment=payment, what="refund_retried", source="staff", detail=email
        )

    assert_forgets(erase)

    payment.refresh_from_db()
    assert (payment.customer_id, payment.email) == (None, ERASED_EMAIL)


def test_an_order_that_went_on_as_a_guests_is_forgotten_when_it_has_ended():
    fact = awaiting(customer_id=None, email=DORA.email)
    deliver(fact)
    other = awaiting()
    deliver(other)

    deliver(OrderForgotten(order_id=fact.order_id))

    assert Payment.objects.get(order_id=fact.order_id).email == ERASED_EMAIL
    assert Payment.objects.get(order_id=other.order_id).email == other.email


def test_the_export_tells_a_persons_payments_and_nobody_elses(payment_in):
    payment_in("pending", customer_id=DORA.user_id, email=DORA.email)
    payment_in("pending")

    assert [row["email"] for row in exported()["payments"]] == [DORA.email]


def test_the_export_holds_no_secret_and_none_of_the_staff(payment_in):
    mine = payment_in("pending", customer_id=DORA.user_id)
    other = payment_in("pending")
    for payment, staff in [(mine, "mia@souk.example"), (other, str(DORA.user_id))]:
        PaymentEvent.objects.create(
            payment=payment, what="refund_retried", source="staff", detail=staff
        )

    told = exported()

    assert "client_secret" not in told["payments"][0]
    assert "refund_retried" in [row["what"] for row in told["steps"]]
    assert [row["payment__number"] for row in told["work"]] == [other.number]
