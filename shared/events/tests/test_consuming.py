import threading

import pytest
from django.db import connection
from django.utils import timezone

from shared.contracts.base import Event, MalformedFact
from shared.events.consuming import Job, load_handlers
from shared.events.handling import handle_fact, run_job
from shared.events.ids import uuid7
from shared.events.models import InboxEntry
from shared.testing.events import deliver, run_enqueued_jobs
from shared.testing.probe.consumers import Poisoned
from shared.testing.probe.facts import Ticked
from shared.testing.probe.models import Effect, Switch


def consumer():
    return load_handlers()[0]["probe.ticked"]


def envelope(**payload):
    event = Event(
        id=uuid7(),
        name="probe.ticked",
        schema_version=1,
        occurred_at=timezone.now(),
        aggregate_id="x",
        payload=payload,
    )
    return event.to_envelope()


@pytest.mark.django_db
def test_a_fact_takes_effect_once_however_often_it_comes():
    deliver(Ticked(tick_id=uuid7()), times=3)

    assert Effect.objects.count() == 1
    assert InboxEntry.objects.count() == 1


@pytest.mark.django_db
def test_a_failing_handler_leaves_nothing_behind():
    with pytest.raises(Poisoned):
        deliver(Ticked(tick_id=uuid7(), behaviour="poison"))

    assert not Effect.objects.exists()
    assert not InboxEntry.objects.exists()


@pytest.mark.django_db
def test_unknown_fields_are_ignored_and_missing_ones_are_not():
    tick_id = str(uuid7())

    assert handle_fact(consumer(), envelope(tick_id=tick_id, colour="blue"))
    with pytest.raises(MalformedFact):
        handle_fact(consumer(), envelope(colour="blue"))
    with pytest.raises(MalformedFact):
        handle_fact(consumer(), {"id": "x"})

    assert Effect.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_deliveries_at_once_take_effect_once():
    message = envelope(tick_id=str(uuid7()))
    results = []

    def run():
        try:
            results.append(handle_fact(consumer(), message))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == [False] * 7 + [True]
    assert Effect.objects.count() == 1


@pytest.mark.django_db
def test_an_enqueued_job_runs_once_a_message():
    from shared.events.models import OutboxMessage
    from shared.events.publishing import enqueue

    enqueue("leave_effect", tick_id=str(uuid7()))
    message = OutboxMessage.objects.get().envelope

    assert run_enqueued_jobs() == ["job.probe.leave_effect"]
    assert run_job(load_handlers()[1]["job.probe.leave_effect"], message) is False
    assert Effect.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_clock_job_does_not_run_twice_at_once():
    inside, leave, ran = threading.Event(), threading.Event(), []

    def work():
        ran.append(1)
        inside.set()
        leave.wait(10)

    job = Job("job.probe.slow", work, 60)

    def run():
        try:
            run_job(job, None)
        finally:
            connection.close()

    first = threading.Thread(target=run)
    first.start()
    assert inside.wait(10)
    assert run_job(job, None) is False
    leave.set()
    first.join()
    assert run_job(job, None) is True

    assert len(ran) == 2
    assert not Switch.objects.exists()
