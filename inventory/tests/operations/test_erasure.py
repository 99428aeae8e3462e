from inventory import operations
from inventory.models import StockMovement
from inventory.tests.conftest import NOW
from shared.testing.erasure import DORA, ERASED, FORMER, assert_forgets
from shared.testing.events import deliver
from shared.testing.exporting import exported


def erase():
    deliver(ERASED)


def test_nothing_of_an_erased_person_is_left(stocked):
    stocked("TEA", 5)
    operations.adjust_stock(sku="TEA", delta=1, reason="found", actor=FORMER.email, now=NOW)
    operations.adjust_stock(sku="TEA", delta=2, reason="found", actor=DORA.email, now=NOW)

    assert_forgets(erase)

    assert list(StockMovement.objects.values_list("delta", "actor").order_by("delta")) == [
        (1, "erased"),
        (2, "erased"),
        (5, ""),
    ]


def test_the_export_tells_what_a_person_counted_and_nobody_else(stocked):
    stocked("TEA", 5)
    operations.adjust_stock(sku="TEA", delta=2, reason="found", actor=DORA.email, now=NOW)

    assert [row["delta"] for row in exported()["movements"]] == [2]
