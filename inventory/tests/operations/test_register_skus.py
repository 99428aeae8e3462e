from datetime import timedelta

import pytest

from inventory import operations
from inventory.models import StockItem
from inventory.operations import Registration
from inventory.tests.conftest import NOW
from shared.contracts.inventory import StockChanged
from shared.events.ids import uuid7
from shared.testing.events import published, published_names

pytestmark = pytest.mark.django_db
PRODUCT = uuid7()


def register(version=1, product_id=PRODUCT, said_at=NOW, **tracked):
    operations.register_skus(
        product_id=product_id,
        version=version,
        skus={sku: Registration(title=sku.title(), tracked=flag) for sku, flag in tracked.items()},
        said_at=said_at,
        now=NOW,
    )


def levels():
    return [(x.sku, x.available, x.counted) for x in published(StockChanged)]


def test_it_tells_that_nobody_has_counted_a_new_sku():
    register(TEA=True, POT=True)

    assert levels() == [("POT", 0, False), ("TEA", 0, False)]
    assert StockItem.objects.values_list("sku", "title", "version").first() == ("POT", "Pot", 1)


def test_it_has_nothing_to_tell_of_what_is_as_it_was(stocked):
    register(1, TEA=True)
    register(2, TEA=True)

    assert levels() == [("TEA", 0, False)]


def test_it_keeps_the_units_and_takes_the_title_of_a_counted_sku(stocked, units):
    StockItem.objects.filter(pk=stocked("TEA", 7).pk).update(version=4)

    register(TEA=True)

    assert units("TEA") == (7, 0)
    assert StockItem.objects.get().title == "Tea"
    assert published_names() == []


def test_an_older_word_changes_nothing():
    register(3, TEA=False)
    register(2, TEA=True, POT=True)

    assert list(StockItem.objects.values_list("sku", "tracked")) == [("TEA", False)]
    assert levels() == [("TEA", 0, False)]


def test_a_late_word_of_the_product_that_had_the_sku_before_changes_nothing():
    register(4, TEA=True)
    register(1, product_id=uuid7(), said_at=NOW + timedelta(minutes=2), TEA=False)

    register(5, said_at=NOW + timedelta(minutes=1), TEA=True)

    assert StockItem.objects.get().tracked is False


def test_it_tells_the_level_of_what_is_tracked_from_now_on(stocked):
    register(1, TEA=False)
    register(2, TEA=True)

    assert StockItem.objects.get().tracked
    assert len(levels()) == 2


def test_a_title_of_any_length_is_kept_whole():
    title = "Tea " + "x" * 2300
    operations.register_skus(
        product_id=PRODUCT,
        version=1,
        skus={"TEA": Registration(title=title)},
        said_at=NOW,
        now=NOW,
    )

    assert StockItem.objects.get().title == title


def test_what_was_registered_without_a_word_is_told_once(stocked):
    StockItem.objects.create(sku="TEA")
    StockItem.objects.filter(pk=stocked("POT", 3).pk).update(version=2)

    assert operations.publish_unpublished_stock(now=NOW) == 1
    assert operations.publish_unpublished_stock(now=NOW) == 0

    assert levels() == [("TEA", 0, False)]
