"""What is told about a request: its log line, its id on what it publishes, health and metrics."""

import json
import logging
import re

import pytest
import structlog
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from shared.events import handling
from shared.events.ids import uuid7
from shared.events.models import FailedEvent, OutboxMessage
from shared.events.publishing import enqueue, publish
from shared.events.tests.conftest import tick
from shared.observability import middleware
from shared.observability.logs import SECRET_KEYS, configure, hide_secrets
from shared.observability.middleware import RequestContextMiddleware
from shared.testing.events import deliver
from shared.testing.probe.facts import Ticked

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def lines(settings, capsys, monkeypatch):
    """The JSON lines that were logged, as a process with SOUK_LOG_FORMAT=json writes them."""
    configure({"service": "probe", "format": "json", "level": "INFO"})
    # Their loggers got the settings' level when they were first used.
    for module in (middleware, handling):
        monkeypatch.setattr(module, "log", structlog.get_logger("shared.test"))

    def read():
        written = capsys.readouterr().err.splitlines()
        return [json.loads(line) for line in written if line.startswith("{")]

    yield read
    configure(settings.LOGGING)


def through_the_middleware(view, **headers):
    return RequestContextMiddleware(view)(RequestFactory().get("/probe/x/", headers=headers))


def test_a_request_is_one_line_with_its_id(client, lines):
    client.get("/probe/who/", headers={"X-Request-ID": "r-19", "traceparent": TRACE})

    (line,) = [line for line in lines() if line["event"] == "request"]
    assert line["request_id"] == "r-19"
    assert line["traceparent"] == TRACE
    assert (line["service"], line["method"], line["path"]) == ("probe", "GET", "/probe/who/")
    assert (line["status"], line["level"]) == (200, "info")
    assert line["ms"] >= 0


def test_health_and_metrics_are_not_logged(client, lines, db):
    client.get("/probe/health/live")
    client.get("/probe/health/ready")
    client.get("/probe/metrics")

    assert [line for line in lines() if line["event"] == "request"] == []


def test_a_request_without_an_id_gets_one_and_none_is_longer_than_64(lines):
    ids = []

    def view(request):
        ids.append(structlog.contextvars.get_contextvars()["request_id"])
        return HttpResponse()

    through_the_middleware(view)
    through_the_middleware(view, **{"X-Request-ID": "x" * 5000})

    assert re.fullmatch("[0-9a-f]{32}", ids[0])
    assert ids[1] == "x" * 64


@pytest.mark.django_db
def test_what_a_request_publishes_carries_its_id():
    def view(request):
        with transaction.atomic():
            publish(Ticked(tick_id=uuid7()))
            enqueue("leave_effect", tick_id="x")
        return HttpResponse()

    through_the_middleware(view, **{"X-Request-ID": "r-20", "traceparent": TRACE})

    traces = [row.envelope["trace"] for row in OutboxMessage.objects.all()]
    assert traces == [{"request_id": "r-20", "traceparent": TRACE}] * 2


@pytest.mark.django_db
def test_the_id_of_one_request_is_not_on_the_next():
    seen = []

    def view(request):
        seen.append(dict(structlog.contextvars.get_contextvars()))
        return HttpResponse()

    through_the_middleware(view, **{"X-Request-ID": "r-21", "traceparent": TRACE})
    through_the_middleware(view, **{"X-Request-ID": "r-22"})

    assert seen[1] == {"request_id": "r-22"}


@pytest.mark.django_db
def test_a_handled_event_is_logged_with_its_own_id(lines):
    event = deliver(Ticked(tick_id=uuid7()), times=2)

    told = [line for line in lines() if line["event"].startswith("event_")]
    assert [line["event"] for line in told] == ["event_handled", "event_duplicate"]
    assert {line["event_id"] for line in told} == {str(event.id)}
    assert {line["event_name"] for line in told} == {"probe.ticked"}


def test_secrets_are_not_written(lines):
    log = structlog.get_logger("shared.test")
    log.info("signed_in", **{key.title(): "hush" for key in SECRET_KEYS}, email="a@b.example")

    (line,) = [line for line in lines() if line["event"] == "signed_in"]
    assert "hush" not in json.dumps(line)
    assert line["email"] == "a@b.example"


def test_secrets_inside_other_values_are_not_written_either():
    event = {"event": "x", "body": {"token": "hush", "rows": [{"Password": "hush"}], "n": 1}}

    shown = hide_secrets(None, "info", event)

    assert shown == {
        "event": "x",
        "body": {"token": "***", "rows": [{"Password": "***"}], "n": 1},
    }


def test_a_log_that_cannot_be_written_refuses_nobody(lines, monkeypatch):
    monkeypatch.setattr("sys.stderr", open("/dev/full", "w"))  # noqa: SIM115

    assert through_the_middleware(lambda request: HttpResponse("x")).content == b"x"


def test_the_key_in_a_mailed_link_is_not_written(lines):
    logging.getLogger("django.request").warning(
        "Not Found: %s", "/users/password/reset/key/1-hush/"
    )
    structlog.get_logger("shared.test").info("seen", path="/users/confirm-email/hush:1/")

    written = json.dumps(lines())
    assert "hush" not in written
    assert "/users/password/reset/key/***" in written
    assert "/users/confirm-email/***" in written


@pytest.mark.django_db
def test_a_live_service_with_its_database_is_ready(client):
    assert client.get("/probe/health/live").json() == {"status": "ok"}
    assert client.get("/probe/health/ready").json() == {"status": "ok", "database": "ok"}


@pytest.mark.django_db(transaction=True)
def test_without_its_database_it_lives_and_is_not_ready(client):
    """The connection points to a closed port for a moment."""
    port = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = "1"
    try:
        assert client.get("/probe/health/live").status_code == 200
        answer = client.get("/probe/health/ready")
        metrics = client.get("/probe/metrics")
    finally:
        connection.settings_dict["PORT"] = port
        connection.close()

    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "database": "unavailable"}
    assert metrics.status_code == 200
    assert b"souk_outbox_messages" not in metrics.content
    assert client.get("/probe/health/ready").status_code == 200


def gauges(client):
    text = client.get("/probe/metrics").content.decode()
    return dict(re.findall(r"^(souk_\w+) ([\d.e+-]+)$", text, re.M))


@pytest.mark.django_db
def test_metrics_count_what_waits_and_what_failed(client):
    assert gauges(client)["souk_outbox_messages"] == "0.0"
    tick()
    tick()
    FailedEvent.objects.create(event_id=uuid7(), handler="x", envelope={}, error="e")
    FailedEvent.objects.create(
        event_id=uuid7(), handler="x", envelope={}, error="e", status=FailedEvent.Status.DISCARDED
    )

    found = gauges(client)

    assert (found["souk_outbox_messages"], found["souk_failed_events"]) == ("2.0", "1.0")
    assert 0 <= float(found["souk_outbox_oldest_seconds"]) < 60


@pytest.mark.django_db
def test_metrics_count_events_by_their_outcome(client):
    deliver(Ticked(tick_id=uuid7()), times=3)

    text = client.get("/probe/metrics").content.decode()

    assert 'souk_events_handled_total{outcome="handled",task="probe.ticked"}' in text
    assert 'souk_events_handled_total{outcome="duplicate",task="probe.ticked"}' in text
    assert 'souk_event_latency_seconds_bucket{le="0.015",task="probe.ticked"}' in text
