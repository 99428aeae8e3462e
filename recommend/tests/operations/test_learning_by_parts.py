"""What is learnt, and what is asked, does not grow with all that ever happened."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recommend import operations, queries
from recommend.models import Pair, Popularity, Purchase, TrainedModel, Trend, Unlearnt
from recommend.operations import training
from recommend.tests.conftest import NOW
from shared.contracts.recommend import ModelTrained
from shared.testing.events import published

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def rows():
    return {(pair.product_id, pair.other_id): pair.pk for pair in Pair.objects.all()}


def scores():
    return {
        (pair.product_id, pair.other_id): (pair.together, pytest.approx(pair.score))
        for pair in Pair.objects.all()
    }


def test_without_anything_new_nothing_is_written(product, bought):
    bought(product("Tea"), product("Pot"))
    operations.train_copurchases(now=NOW)

    with CaptureQueriesContext(connection) as asked:
        assert operations.train_copurchases(now=NOW) is None

    words = {query["sql"].split()[0] for query in asked}
    assert words <= {"SELECT", "SAVEPOINT", "RELEASE"}
    assert len(asked) <= 9
    assert (TrainedModel.objects.count(), len(published(ModelTrained))) == (1, 1)


def test_one_order_touches_only_its_neighbours(product, bought):
    tea, pot, cup = product("Tea"), product("Pot"), product("Cup")
    lamp, rug = product("Lamp"), product("Rug")
    bought(tea, pot)
    bought(lamp, rug)
    operations.train_copurchases(now=NOW)
    before = rows()

    bought(tea, cup)
    assert set(Unlearnt.objects.values_list("product_id", flat=True)) == {tea.pk, cup.pk}
    operations.train_copurchases(now=NOW)

    after = rows()
    for pair in ((lamp.pk, rug.pk), (rug.pk, lamp.pk), (pot.pk, tea.pk)):
        assert after[pair] == before[pair]
    assert {(tea.pk, cup.pk), (cup.pk, tea.pk)} <= set(after)
    assert not Unlearnt.objects.exists()


def test_a_part_at_a_time_learns_what_all_at_once_does(product, bought, monkeypatch):
    things = [product(f"Thing {number}") for number in range(6)]
    for number in range(12):
        bought(things[number % 6], things[(number * 5 + 1) % 6], things[(number * 2) % 6])
        operations.train_copurchases(now=NOW)
    by_parts = scores()

    operations.mark_unlearnt([thing.pk for thing in things], NOW)
    operations.train_copurchases(now=NOW)
    at_once = scores()
    monkeypatch.setattr(training, "BATCH", 1)
    operations.mark_unlearnt([thing.pk for thing in things], NOW)
    operations.train_copurchases(now=NOW)

    assert by_parts == at_once == scores()
    assert all(
        Pair.objects.get(product_id=b, other_id=a).score
        == pytest.approx(Pair.objects.get(product_id=a, other_id=b).score)
        for a, b in by_parts
    )


def test_a_run_is_bounded_and_the_next_goes_on(product, bought, monkeypatch):
    monkeypatch.setattr(training, "BATCH", 2)
    monkeypatch.setattr(training, "BATCHES", 2)
    bought(*(product(f"Thing {number}") for number in range(6)))

    for left in (6, 2, 0):
        operations.train_copurchases(now=NOW)
        assert Unlearnt.objects.count() == left

    assert not Unlearnt.objects.exists()
    assert Pair.objects.count() == 30


def test_an_order_that_is_called_off_is_unlearnt(product, bought):
    tea, pot = product("Tea"), product("Pot")
    order_id = bought(tea, pot)
    operations.train_copurchases(now=NOW)

    operations.forget_purchase(order_id=order_id, version=1, now=NOW)
    operations.train_copurchases(now=NOW)

    assert not Pair.objects.exists()
    assert not Popularity.objects.exists()
    assert queries.recommend_trending(NOW)[0].reason == "new"


def test_what_was_learnt_long_ago_is_learnt_anew(product, bought):
    bought(product("Tea"), product("Pot"))
    operations.train_copurchases(now=NOW)

    assert operations.train_copurchases(now=NOW + WEEK) is None
    assert operations.train_copurchases(now=NOW + WEEK + timedelta(minutes=1)) is not None
    assert operations.train_copurchases(now=NOW + 120 * WEEK) is not None

    assert not Pair.objects.exists()


def test_what_trends_is_read_from_as_many_rows_however_many_look(product):
    tea, pot = product("Tea"), product("Pot")

    def look(times):
        for _ in range(times):
            operations.record_view(product_id=tea.pk, customer_id=None, at=NOW)
        operations.record_view(product_id=pot.pk, customer_id=None, at=NOW)

    look(2)
    with CaptureQueriesContext(connection) as few:
        assert [x.title for x in queries.recommend_trending(NOW)] == ["Tea", "Pot"]
    look(40)
    with CaptureQueriesContext(connection) as many:
        assert [x.title for x in queries.recommend_trending(NOW)] == ["Tea", "Pot"]

    assert len(few) == len(many)
    assert not any("productview" in query["sql"] for query in many)
    assert Trend.objects.count() == 2


def test_what_is_newer_trends_and_what_is_old_does_not(product):
    tea, pot = product("Tea"), product("Pot")
    for _ in range(3):
        operations.record_view(product_id=tea.pk, customer_id=None, at=NOW - timedelta(days=40))
    operations.record_view(product_id=pot.pk, customer_id=None, at=NOW)

    found = queries.recommend_trending(NOW)

    assert [(x.title, x.reason) for x in found] == [("Pot", "trending"), ("Tea", "new")]


def test_what_was_known_before_is_counted(product, bought):
    tea, pot = product("Tea"), product("Pot")
    bought(tea, pot)
    Purchase.objects.update(at=timezone.now())
    Trend.objects.all().delete()
    Unlearnt.objects.all().delete()

    import_module("recommend.migrations.0004_learning_by_parts").count_what_is_known(apps, None)

    assert set(Unlearnt.objects.values_list("product_id", flat=True)) == {tea.pk, pot.pk}
    assert set(Trend.objects.values_list("bought", flat=True)) == {1}
