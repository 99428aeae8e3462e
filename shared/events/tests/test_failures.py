"""A consumer makes up for what it failed of for good."""

from dataclasses import replace

import pytest
from django.db import OperationalError, connection

from shared.events import consuming
from shared.events.consuming import load_handlers
from shared.events.failures import keep_failed_event
from shared.events.models import FailedEvent, InboxEntry
from shared.events.tests.test_consuming import envelope
from shared.testing.probe.models import Effect

pytestmark = pytest.mark.django_db
NAME = "probe.ticked"


@pytest.fixture
def made_up(monkeypatch):
    """What the probe was told to make up for; `made_up.error` is raised after it wrote a row."""

    class MadeUp(list):
        error = None

        def __call__(self, event, cause):
            self.append((event.payload, cause))
            if self.error is not None:
                with connection.cursor() as cursor:
                    cursor.execute("INSERT INTO probe_switch (name) VALUES ('half')")
                raise self.error

    calls = MadeUp()
    consumer = replace(load_handlers()[0][NAME], on_failure=calls)
    monkeypatch.setitem(consuming._consumers, NAME, consumer)
    return calls


def keep(sent, handler=NAME):
    keep_failed_event(handler=handler, envelope=sent, error=ValueError("too long"), attempts=8)


def test_it_is_told_the_event_and_the_cause(made_up):
    keep(envelope(tick_id="x"))

    assert made_up == [({"tick_id": "x"}, "ValueError: too long")]
    assert FailedEvent.objects.get().error == "ValueError: too long"
    assert not Effect.objects.exists()


def test_a_payload_that_cannot_be_read_is_made_up_for_too(made_up):
    keep(envelope(colour="blue"))

    assert len(made_up) == 1


@pytest.mark.parametrize("sent", [{}, {"id": "x"}, {"unreadable": "x"}])
def test_what_is_no_event_is_kept_only(made_up, sent):
    keep(sent)

    assert made_up == []
    assert FailedEvent.objects.count() == 1


def test_what_took_effect_before_needs_nothing(made_up):
    sent = envelope(tick_id="x")
    InboxEntry.objects.create(event_id=sent["id"], handler=NAME)

    keep(sent)

    assert made_up == []


def test_other_handlers_have_nothing_to_do_with_it(made_up):
    keep(envelope(tick_id="x"), handler="job.probe.other")

    assert made_up == []


def test_a_mistake_of_its_own_loses_no_event(made_up):
    made_up.error = ZeroDivisionError()

    keep(envelope(tick_id="x"))

    assert FailedEvent.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM probe_switch")
        assert cursor.fetchone() == (0,)


def test_a_database_that_does_not_answer_has_it_tried_again(made_up):
    made_up.error = OperationalError("gone")

    with pytest.raises(OperationalError):
        keep(envelope(tick_id="x"))

    assert not FailedEvent.objects.exists()
