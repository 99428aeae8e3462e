import pytest
from django.db import transaction

from shared.events.ids import uuid7
from shared.events.models import OutboxMessage
from shared.events.publishing import PublishedOutsideTransaction, enqueue, publish
from shared.testing.events import published
from shared.testing.probe.facts import Ticked


@pytest.mark.django_db(transaction=True)
def test_a_fact_outside_a_transaction_is_refused():
    with pytest.raises(PublishedOutsideTransaction):
        publish(Ticked(tick_id=uuid7()))
    with pytest.raises(PublishedOutsideTransaction):
        enqueue("leave_effect", tick_id="x")

    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_was_never_published():
    with transaction.atomic():
        publish(Ticked(tick_id=uuid7()))
        transaction.set_rollback(True)

    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db
def test_the_envelope_says_what_when_and_on_whose_behalf(client):
    import structlog

    fact = Ticked(tick_id=uuid7())
    with structlog.contextvars.bound_contextvars(request_id="r1", traceparent="00-a-b-01"):
        publish(fact, version=7)

    row = OutboxMessage.objects.get()
    assert published(Ticked) == [fact]
    assert row.envelope["name"] == row.task == row.routing_key == "probe.ticked"
    assert row.envelope["aggregate_id"] == str(fact.tick_id)
    assert row.envelope["aggregate_version"] == 7
    assert row.envelope["trace"] == {"request_id": "r1", "traceparent": "00-a-b-01"}


@pytest.mark.django_db
def test_a_fact_that_one_service_missed_is_told_to_it_alone():
    fact = Ticked(tick_id=uuid7())
    publish(fact, to="probe")

    row = OutboxMessage.objects.get()
    assert published(Ticked) == [fact]
    assert (row.exchange, row.routing_key, row.task) == ("tasks", "probe", "probe.ticked")


def test_ids_grow_with_time_and_are_of_version_7():
    ids = [uuid7() for _ in range(2000)]

    assert {value.version for value in ids} == {7}
    assert len(set(ids)) == 2000
    assert [value.int >> 80 for value in ids] == sorted(value.int >> 80 for value in ids)
