from recommend.models import Purchase
from shared.contracts.users import UserDeleted
from shared.testing.erasure import DORA, assert_forgets
from shared.testing.events import deliver


def erase():
    deliver(UserDeleted(user_id=DORA.user_id, email=DORA.email))


def test_nothing_of_an_erased_person_is_left(product, bought):
    bought(product("Tea"), by=DORA.user_id)

    assert_forgets(erase)

    assert list(Purchase.objects.values_list("customer_id", flat=True)) == [None]
