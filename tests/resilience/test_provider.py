"""The payment provider takes its time, and only those wait who asked it."""

from concurrent.futures import ThreadPoolExecutor

from tests.resilience.faults import inflict
from tests.resilience.schedule import Fault

# A confirmation lasts two and a half seconds or more then; a look at a payment some milliseconds.
SLOW = Fault(at=0, kind="provider_slow", target="provider")
MANY = 20


def test_payments_answers_others_while_one_waits_for_the_provider(stage, shop, thing):
    buyer = shop.guest()
    order_id = buyer.place_order(**{thing["sku"]: 1})
    path = f"/payments/api/v1/payments/{order_id}/"
    answered = 0
    with inflict(stage, SLOW), ThreadPoolExecutor() as pool:
        confirmation = pool.submit(buyer.pay, order_id)
        while not confirmation.done():
            buyer.ask("GET", path)
            answered += 1

    assert confirmation.result().status_code == 200
    assert answered > MANY
