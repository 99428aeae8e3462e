"""What every service forgets alike, and what is somebody else's."""

from uuid import UUID

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from shared.auth.accounts import shadow_account
from shared.auth.erasure import (
    ERASED_EMAIL,
    addresses_of,
    by_address,
    forget_account,
    scrub_failed_events,
)
from shared.auth.principal import Principal
from shared.events.failures import keep_failed_event
from shared.events.ids import uuid7
from shared.events.models import FailedEvent
from shared.testing.erasure import DORA, FORMER, failed_checkout
from shared.testing.users import ALICE, MIA

pytestmark = pytest.mark.django_db
# Her address ends as Dora's does.
ELDORA = Principal(uuid7(), f"el{DORA.email}", "Eldora")


def forget(*emails):
    return forget_account(account_id=DORA.user_id, emails=emails, now=timezone.now())


def fail(envelope, error="Unreadable: x"):
    keep_failed_event(handler="cart.checked_out", envelope=envelope, error=error, attempts=8)


def kept():
    return FailedEvent.objects.get().envelope["payload"]["email"]


@pytest.mark.parametrize("proved", [DORA, FORMER])
def test_what_a_guest_did_is_forgotten_by_a_proved_address(proved):
    fail(failed_checkout(proved, guest=True))

    forget(DORA.email, FORMER.email)

    assert kept() == ERASED_EMAIL


def test_what_a_guest_did_stays_where_the_address_was_only_typed():
    fail(failed_checkout(DORA, guest=True))

    forget()

    assert kept() == DORA.email


def test_an_event_of_the_account_is_forgotten_without_any_address():
    fail(failed_checkout(FORMER) | {"trace": {}})

    forget()

    assert kept() == ERASED_EMAIL


def test_an_address_that_ends_alike_is_somebody_elses():
    fail(failed_checkout(ELDORA, guest=True))
    staff = shadow_account(MIA)
    kind = ContentType.objects.get_for_model(FailedEvent)
    LogEntry.objects.create(
        user=staff, content_type=kind, object_repr=f"to {ELDORA.email}", action_flag=CHANGE
    )

    forget(DORA.email)

    assert kept() == ELDORA.email
    assert LogEntry.objects.get().object_repr == f"to {ELDORA.email}"


def test_a_log_entry_about_the_account_is_forgotten_whatever_it_is_called():
    kind = ContentType.objects.get_for_model(FailedEvent)
    entry = {"content_type": kind, "action_flag": CHANGE, "user": shadow_account(MIA)}
    LogEntry.objects.create(object_id=str(DORA.user_id), object_repr="x@souk.example", **entry)

    forget()

    assert LogEntry.objects.get().object_repr == "erased"


def test_what_fails_after_the_erasure_is_kept_without_the_person_and_its_cause():
    forget()

    fail(failed_checkout(FORMER), ValueError(f"({FORMER.email}) is not known"))

    failed = FailedEvent.objects.get()
    assert kept() == ERASED_EMAIL
    assert (failed.error, failed.traceback) == ("ValueError", "")


def test_staff_is_known_by_the_address_that_it_acts_under_here():
    shadow_account(Principal(DORA.user_id, "Shop@souk.example", "Dora", frozenset({"analyst"})))

    assert addresses_of(account_id=DORA.user_id, emails=[DORA.email]) == (
        DORA.email,
        "shop@souk.example",
    )
    assert forget() == ("shop@souk.example",)
    assert addresses_of(account_id=ALICE.user_id, emails=[]) == ()


def test_events_of_an_order_can_be_forgotten_by_its_id():
    envelope = failed_checkout(guest=True)
    fail(envelope)

    scrub_failed_events(uuid7())
    assert kept() == DORA.email
    scrub_failed_events(UUID(envelope["payload"]["order_id"]))

    assert kept() == ERASED_EMAIL


def test_rows_are_found_by_any_of_the_addresses_and_none_without_one():
    forget()
    fail(failed_checkout())
    found = FailedEvent.objects.filter(by_address("handler", ["x", "CART.checked_out"]))

    assert found.count() == 1
    assert not FailedEvent.objects.filter(by_address("handler", [])).exists()
