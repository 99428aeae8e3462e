"""Dead letters are kept until they are written down, by whatever broker and whatever they hold."""

import pytest
from django.conf import settings
from kombu import Connection, Queue

from shared.events import jobs
from shared.events.failures import NUL
from shared.events.jobs import collect_dead_letters, renew_dead_letter_queue
from shared.events.models import FailedEvent
from shared.events.tests.conftest import clean_queues, eventually
from shared.events.topology import DEAD, NO_LIMIT, dead_letter_queue, declare_topology, exists

pytestmark = pytest.mark.django_db(transaction=True)
OUTDATED = {"x-queue-type": "quorum"}


@pytest.fixture
def link():
    clean_queues(settings.BROKER_URL)
    jobs._renewed.clear()
    with Connection(settings.BROKER_URL) as connection:
        yield connection
    clean_queues(settings.BROKER_URL)


@pytest.fixture
def outdated(link):
    """The queue as it was declared before it had a limit of its own."""
    Queue("probe.dead", DEAD, routing_key="probe", queue_arguments=OUTDATED)(link).declare()


def bury(link, number, task="probe.ticked"):
    link.Producer().publish(
        [[], {"envelope": {"id": f"nonsense {number}"}}, {}],
        exchange="dead",
        routing_key="probe",
        headers={"task": task},
        serializer="json",
    )


def length(link, name):
    return link.channel().queue_declare(name, passive=True).message_count


def kept():
    return sorted(row.envelope["id"] for row in FailedEvent.objects.all())


def test_a_letter_that_cannot_be_written_down_stays(link, monkeypatch):
    declare_topology(link)
    bury(link, 1)
    eventually(lambda: length(link, "probe.dead") == 1)

    def refuse(**kept):
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(jobs, "keep_failed_event", refuse)
        for _ in range(25):
            eventually(lambda: length(link, "probe.dead") == 1)
            with pytest.raises(OSError, match="the disk is full"):
                collect_dead_letters()
    eventually(lambda: length(link, "probe.dead") == 1)
    collect_dead_letters()

    assert kept() == ["nonsense 1"]


def test_the_limit_is_said_where_a_broker_would_set_its_own():
    for spare in (False, True):
        queue = dead_letter_queue("probe", spare=spare)
        assert queue.queue_arguments["x-delivery-limit"] == NO_LIMIT == 2147483647


def test_a_queue_with_other_arguments_is_made_anew_and_loses_nothing(link, outdated):
    for number in range(3):
        bury(link, number)
    eventually(lambda: length(link, "probe.dead") == 3)

    declare_topology(link)
    assert length(link, "probe.dead") == 3
    collect_dead_letters()

    assert kept() == ["nonsense 0", "nonsense 1", "nonsense 2"]
    assert not exists(link, dead_letter_queue("probe", spare=True))
    # It would be refused if it were still the old one.
    dead_letter_queue("probe")(link.channel()).declare()
    bury(link, 3)
    eventually(lambda: length(link, "probe.dead") == 1)
    collect_dead_letters()
    assert kept()[3:] == ["nonsense 3"]


@pytest.mark.parametrize("step", range(4))
def test_a_renewal_that_ends_half_way_is_ended_by_the_next(link, outdated, monkeypatch, step):
    bury(link, 0)
    eventually(lambda: length(link, "probe.dead") == 1)
    steps = []

    def stop_at(name):
        real = getattr(jobs, name)

        def run(*arguments):
            bury(link, len(steps) + 1)
            steps.append(name)
            if len(steps) == step + 1:
                raise OSError("the process ends")
            return real(*arguments)

        return run

    with monkeypatch.context() as ending:
        for name in ("declares", "_retire"):
            ending.setattr(jobs, name, stop_at(name))
        with pytest.raises(OSError, match="the process ends"):
            renew_dead_letter_queue(link)
    collect_dead_letters()

    def all_kept():
        collect_dead_letters()
        return kept() == [f"nonsense {number}" for number in range(step + 2)]

    eventually(all_kept, within=10)
    assert not exists(link, dead_letter_queue("probe", spare=True))


def test_a_header_with_a_nul_blocks_nothing(link):
    declare_topology(link)
    bury(link, 1, task="probe.\0ticked")
    bury(link, 2)
    eventually(lambda: length(link, "probe.dead") == 2)

    collect_dead_letters()

    assert length(link, "probe.dead") == 0
    assert kept() == ["nonsense 1", "nonsense 2"]
    assert FailedEvent.objects.filter(handler=f"probe.{NUL}ticked").count() == 1
