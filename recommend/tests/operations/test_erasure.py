from recommend.models import Purchase
from shared.testing.erasure import DORA, ERASED, assert_forgets
from shared.testing.events import deliver
from shared.testing.exporting import exported


def erase():
    deliver(ERASED)


def test_nothing_of_an_erased_person_is_left(product, bought):
    bought(product("Tea"), by=DORA.user_id)

    assert_forgets(erase)

    assert list(Purchase.objects.values_list("customer_id", flat=True)) == [None]


def test_the_export_tells_a_persons_purchases_and_nobody_elses(product, bought):
    tea = product("Tea")
    mine = bought(tea, by=DORA.user_id)
    bought(tea)

    assert [row["order_id"] for row in exported()["purchases"]] == [str(mine)]
