from cart import operations
from cart.models import Cart, Checkout
from cart.queries import Owner
from cart.tests.conftest import NOW, make_request
from shared.testing.erasure import DORA, ERASED, HOME, assert_forgets
from shared.testing.events import deliver
from shared.testing.exporting import exported


def erase():
    deliver(ERASED)


def test_nothing_of_an_erased_person_is_left(filled):
    owner = Owner(customer_id=DORA.user_id)
    filled(owner, TEA=1)
    request = make_request(email=DORA.email, shipping_address=HOME)
    operations.check_out(owner=owner, request=request, key="k", now=NOW)
    filled(owner, TEA=1)

    assert_forgets(erase)

    assert not Cart.objects.filter(customer_id=DORA.user_id).exists()
    assert not Checkout.objects.exists()


def test_the_export_tells_a_persons_cart_and_nobody_elses(filled):
    filled(Owner(customer_id=DORA.user_id), TEA=2)
    filled(POT=1)

    assert [(row["sku"], row["quantity"]) for row in exported()["lines"]] == [("TEA", 2)]
