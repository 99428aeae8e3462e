import pytest

from recommend import operations, queries
from recommend.models import Pair, ProductView, Purchase
from recommend.tests.conftest import NOW
from shared.contracts.recommend import ModelTrained
from shared.events.ids import uuid7
from shared.testing.events import published
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db


def similar(thing):
    return [(x.title, x.reason) for x in queries.recommend_similar(thing.pk, NOW)]


def test_what_is_bought_together_is_recommended_together(product, bought):
    tea, pot, cup = product("Tea"), product("Pot"), product("Cup")
    for _ in range(3):
        bought(tea, pot)
    bought(tea, cup)

    operations.train_copurchases(now=NOW)

    assert similar(tea)[:2] == [("Pot", "copurchase"), ("Cup", "copurchase")]
    (fact,) = published(ModelTrained)
    assert (fact.products, fact.pairs) == (3, 4)


def test_it_learns_only_when_there_is_something_new(product, bought):
    bought(product("Tea"), product("Pot"))

    assert operations.train_copurchases(now=NOW) is not None
    assert operations.train_copurchases(now=NOW) is None

    assert len(published(ModelTrained)) == 1


def test_without_purchases_its_kind_is_shown_then_the_newest(product):
    tea = product("Tea", category="Drinks")
    product("Coffee", category="Drinks")
    product("Lamp")

    assert similar(tea) == [("Coffee", "category"), ("Lamp", "new")]


def test_what_is_not_for_sale_is_not_shown(product, bought):
    tea, pot = product("Tea"), product("Pot", active=False)
    bought(tea, pot)
    operations.train_copurchases(now=NOW)

    assert similar(tea) == []


def test_people_get_what_goes_with_what_they_have_without_it(product, bought):
    tea, pot, cup = product("Tea"), product("Pot"), product("Cup")
    bought(tea, pot, by=ALICE.user_id)
    bought(tea, cup)
    operations.train_copurchases(now=NOW)

    found = queries.recommend_for(ALICE.user_id, NOW)

    assert [(x.title, x.reason) for x in found] == [("Cup", "copurchase")]


def test_trending_is_what_many_buy(product, bought):
    tea, pot = product("Tea"), product("Pot")
    bought(pot)
    bought(pot)
    bought(tea)

    assert [x.title for x in queries.recommend_trending(NOW)] == ["Pot", "Tea"]


def test_views_count_for_known_products_only(product):
    tea = product("Tea")
    operations.record_view(product_id=tea.pk, customer_id=None, at=NOW)

    with pytest.raises(queries.UnknownProduct):
        operations.record_view(product_id=uuid7(), customer_id=None, at=NOW)

    assert ProductView.objects.count() == 1


def test_an_erased_person_leaves_baskets_without_a_name(product, bought):
    tea, pot = product("Tea"), product("Pot")
    bought(tea, pot, by=ALICE.user_id)
    operations.record_view(product_id=tea.pk, customer_id=ALICE.user_id, at=NOW)

    operations.forget_customer(customer_id=ALICE.user_id, emails=[], now=NOW)

    assert set(Purchase.objects.values_list("customer_id", flat=True)) == {None}
    assert not ProductView.objects.exists()


def test_similar_products_take_few_queries(product, bought, django_assert_max_num_queries):
    things = [product(f"Thing {n}") for n in range(12)]
    bought(*things)
    operations.train_copurchases(now=NOW)
    assert Pair.objects.count() == 132

    with django_assert_max_num_queries(6):
        assert len(queries.recommend_similar(things[0].pk, NOW)) == 8
