from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shared.backoffice.dashboard import add_event_counts
from shared.events.models import FailedEvent, InboxEntry, OutboxMessage
from shared.testing.users import MIA, OTTO

LIST = "admin:souk_events_failedevent_changelist"
VIEW_ONLY = {"fulfilment": ["souk_events.view_*"], "owner": ["*"]}


def button(name: str, failed: FailedEvent) -> str:
    return reverse(f"admin:souk_events_failedevent_{name}", args=[failed.pk])


def page(failed: FailedEvent) -> str:
    return reverse("admin:souk_events_failedevent_change", args=[failed.pk])


def told(answer) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_the_list_tells_handler_cause_and_attempts(client_of, failed):
    html = client_of(OTTO).get(reverse(LIST)).content.decode()
    assert "kettle.boiled" in html
    assert "no &lt;b&gt;cup&lt;/b&gt; is clean" in html
    assert str(failed.event_id) in html


def test_the_page_shows_the_event_and_its_traceback(client_of, failed):
    html = client_of(OTTO).get(page(failed)).content.decode()
    assert "&quot;cups&quot;: 2" in html
    assert "Traceback (most recent call last)" in html
    assert "<b>cup</b>" not in html
    assert button("replay", failed) in html


def test_replay_handles_the_event_once_and_says_so(client_of, failed, kitchen):
    answer = client_of(OTTO).post(button("replay", failed))
    assert answer.url == page(failed)
    failed.refresh_from_db()
    assert failed.status == FailedEvent.Status.REPLAYED
    assert failed.resolved_at is not None
    assert kitchen.poured == [2]
    assert told(answer) == [f"{failed} was replayed"]
    assert LogEntry.objects.get().change_message == "Replayed"


def test_a_replayed_event_is_not_replayed_again(client_of, failed, kitchen):
    client = client_of(OTTO)
    client.post(button("replay", failed))
    answer = client.post(button("replay", failed))
    assert kitchen.poured == [2]
    assert "Only an event that is still failed" in told(answer)[-1]
    assert button("replay", failed) not in client.get(page(failed)).content.decode()


def test_a_replay_that_fails_again_keeps_the_event_and_tells_the_cause(client_of, failed, kitchen):
    kitchen.broken = True
    answer = client_of(OTTO).post(button("replay", failed))
    failed.refresh_from_db()
    assert (failed.status, failed.attempts) == (FailedEvent.Status.FAILED, 8)
    assert "failed again: RuntimeError" in told(answer)[0]
    assert not InboxEntry.objects.exists()
    assert not LogEntry.objects.exists()


def test_discard_leaves_the_event_without_effect(client_of, failed, kitchen):
    answer = client_of(OTTO).post(button("discard", failed))
    failed.refresh_from_db()
    assert failed.status == FailedEvent.Status.DISCARDED
    assert kitchen.poured == []
    assert told(answer) == [f"{failed} was discarded"]
    assert LogEntry.objects.get().change_message == "Discarded"


@pytest.mark.parametrize(
    ("action", "status"), [("replay_selected", "replayed"), ("discard_selected", "discarded")]
)
def test_the_chosen_events_are_resolved_from_the_list(client_of, failed, kitchen, action, status):
    data = {"action": action, "_selected_action": [str(failed.pk)]}
    answer = client_of(OTTO).post(reverse(LIST), data)
    assert answer.status_code == 302
    failed.refresh_from_db()
    assert failed.status == status


@pytest.mark.parametrize("name", ["replay", "discard"])
def test_a_link_resolves_nothing(client_of, failed, kitchen, name):
    assert client_of(OTTO).get(button(name, failed)).status_code == 405
    failed.refresh_from_db()
    assert failed.status == FailedEvent.Status.FAILED
    assert kitchen.poured == []


@pytest.mark.parametrize("name", ["replay", "discard"])
def test_a_form_of_another_site_resolves_nothing(token_issuer, failed, kitchen, name):
    token = token_issuer.access_token(OTTO, via="session")
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {token}"})
    assert client.post(button(name, failed)).status_code == 403
    failed.refresh_from_db()
    assert failed.status == FailedEvent.Status.FAILED
    assert kitchen.poured == []


@pytest.mark.parametrize("name", ["replay", "discard"])
def test_who_may_only_look_resolves_nothing(client_of, failed, kitchen, settings, name):
    settings.STAFF_PERMISSIONS = VIEW_ONLY
    client = client_of(MIA)
    html = client.get(page(failed)).content.decode()
    assert "Traceback" in html
    assert button(name, failed) not in html
    assert client.post(button(name, failed)).status_code == 403
    data = {"action": f"{name}_selected", "_selected_action": [str(failed.pk)]}
    client.post(reverse(LIST), data)
    failed.refresh_from_db()
    assert failed.status == FailedEvent.Status.FAILED
    assert kitchen.poured == []


def test_an_unknown_event_is_not_found(client_of, failed):
    url = reverse("admin:souk_events_failedevent_replay", args=[uuid4()])
    answer = client_of(OTTO).post(url)
    assert answer.status_code == 404
    assert b"There is no such failed event" in answer.content


@pytest.mark.parametrize("model", ["outboxmessage", "inboxentry", "failedevent"])
def test_nobody_adds_or_deletes_messages_by_hand(client_of, failed, model):
    client = client_of(OTTO)
    assert client.get(reverse(f"admin:souk_events_{model}_add")).status_code == 403
    if model == "failedevent":
        url = reverse(f"admin:souk_events_{model}_delete", args=[failed.pk])
        assert client.post(url, {"post": "yes"}).status_code == 403
        assert client.post(page(failed), {"error": "mine"}).status_code == 403
        failed.refresh_from_db()
        assert failed.error.startswith("RuntimeError")


def test_a_waiting_message_can_be_read(client_of, db):
    row = OutboxMessage.objects.create(
        event_id=uuid4(), exchange="facts", routing_key="a.b", task="a.b", envelope={"cups": 3}
    )
    url = reverse("admin:souk_events_outboxmessage_change", args=[row.pk])
    assert "&quot;cups&quot;: 3" in client_of(OTTO).get(url).content.decode()


def test_the_overview_counts_what_waits_was_handled_today_and_failed(client_of, failed):
    InboxEntry.objects.create(event_id=uuid4(), handler="a.b")
    yesterday = timezone.now() - timedelta(days=1, minutes=1)
    InboxEntry.objects.create(event_id=uuid4(), handler="a.b", handled_at=yesterday)
    FailedEvent.objects.create(
        event_id=uuid4(), handler="a.b", envelope={}, error="x", status="discarded"
    )
    html = client_of(OTTO).get(reverse("admin:index")).content.decode()
    assert "souk-count--alarming" in html
    counts = add_event_counts(None, {})["event_counts"]
    assert [count["number"] for count in counts] == [0, 1, 1]


def badges(client) -> list[int]:
    groups = client.get(reverse("admin:index")).context["sidebar_navigation"]
    return [item["badge"] for group in groups for item in group["items"] if "badge" in item]


def test_the_sidebar_has_a_badge_while_something_failed(client_of, failed):
    client = client_of(OTTO)
    assert badges(client) == [1]
    failed.delete()
    assert badges(client) == []


def test_secrets_of_a_failed_event_are_shown_to_nobody(client_of, failed):
    link = "https://shop.example/orders/1/?token=order.0a1b2c3d.20270301.secret"
    key = "/users/password/reset/key/1g-secret/"
    failed.envelope = {"payload": {"body_text": "Your code is secret", "url": link}}
    failed.error = f"cannot send {link}"
    failed.traceback = f"mail('see {key}')"
    failed.save()

    shown = client_of(OTTO).get(page(failed)).text + client_of(OTTO).get(reverse(LIST)).text

    assert "secret" not in shown
    assert shown.count("?token=…") == 3


@pytest.mark.parametrize("lookup", ["envelope__icontains", "error__startswith", "traceback"])
def test_no_question_in_the_address_tells_of_hidden_columns(client_of, failed, lookup):
    assert client_of(OTTO).get(reverse(LIST), {lookup: "a"}).status_code == 400


def test_a_search_does_not_find_what_an_error_hides(client_of, failed):
    failed.error = "cannot send /orders/1/?token=order.0a1b2c3d"
    failed.save()

    found = client_of(OTTO).get(reverse(LIST), {"q": "order.0a1b"}).context["cl"]

    assert found.result_count == 0
