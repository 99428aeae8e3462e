from inventory import operations
from inventory.models import StockMovement
from inventory.tests.conftest import NOW
from shared.contracts.users import UserDeleted
from shared.testing.erasure import DORA, assert_forgets
from shared.testing.events import deliver


def erase():
    deliver(UserDeleted(user_id=DORA.user_id, email=DORA.email))


def test_nothing_of_an_erased_person_is_left(stocked):
    stocked("TEA", 5)
    operations.adjust_stock(sku="TEA", delta=2, reason="found", actor=DORA.email, now=NOW)

    assert_forgets(erase)

    assert list(StockMovement.objects.values_list("delta", "actor").order_by("delta")) == [
        (2, "erased"),
        (5, ""),
    ]
