from importlib import import_module

import pytest
from django.db import connection
from djstripe import models as djstripe

pytestmark = pytest.mark.django_db
empty_mirror = import_module("payments.migrations.0010_empty_mirror").empty_mirror


@pytest.fixture
def mirrored():
    """What an older shop holds: a customer, her payment method, and a payment."""
    customer = djstripe.Customer.objects.create(id="cus_1", livemode=False)
    djstripe.PaymentMethod.objects.create(id="pm_1", livemode=False, customer=customer)
    djstripe.PaymentIntent.objects.create(id="pi_1", livemode=False, customer=customer)
    # A migration begins without checks that wait for the end of their transaction.
    connection.check_constraints()


def run():
    with connection.schema_editor() as editor:
        empty_mirror(None, editor)


def test_it_empties_the_mirror_and_what_refers_to_it(mirrored):
    run()
    run()

    assert not djstripe.Customer.objects.exists()
    assert not djstripe.PaymentMethod.objects.exists()
    assert not djstripe.PaymentIntent.objects.exists()


def test_it_keeps_webhook_endpoints_and_events(mirrored):
    endpoint = djstripe.WebhookEndpoint.objects.create(id="we_1", enabled_events=[])
    event = djstripe.Event.objects.create(id="evt_1", data={})
    trigger = djstripe.WebhookEventTrigger.objects.create(
        remote_ip="127.0.0.1", headers={}, event=event, webhook_endpoint=endpoint
    )
    connection.check_constraints()

    run()

    assert djstripe.WebhookEventTrigger.objects.get() == trigger
    assert djstripe.WebhookEndpoint.objects.get() == endpoint
    assert djstripe.Event.objects.get() == event


def test_a_database_without_those_tables_is_left_alone(monkeypatch):
    monkeypatch.setattr(
        connection.introspection, "table_names", lambda cursor: ["payments_payment"]
    )

    run()
