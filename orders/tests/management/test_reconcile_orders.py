import json
from io import StringIO

import pytest
from django.core.management import call_command

from orders.models import Discrepancy
from orders.tests.conftest import NOW
from shared.contracts.orders import StatementRequested
from shared.testing.events import published, published_names

pytestmark = pytest.mark.django_db


def printed(*options):
    out = StringIO()
    call_command("reconcile_orders", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def found(order_in):
    order = order_in("paid")
    rows = [
        Discrepancy(kind="lines_differ", details="now"),
        Discrepancy(kind="amount_differs", details="over", outcome="gone", resolved_at=NOW),
    ]
    for row in rows:
        row.order_id, row.number, row.first_seen, row.last_seen = order.pk, order.number, NOW, NOW
    return Discrepancy.objects.bulk_create(rows)[0]


def test_it_prints_what_is_open(found):
    text = printed()

    assert f"{found.number}" in text
    assert "lines_differ" in text
    assert "amount_differs" not in text
    assert text.endswith("1 discrepancies\n")
    assert published_names() == []


def test_it_prints_json_for_programs(found):
    (row,) = json.loads(printed("--json"))

    assert row["order_id"] == str(found.order_id)
    assert (row["kind"], row["times"], row["auto_repairs"]) == ("lines_differ", 1, 0)
    assert row["first_seen"] == NOW.isoformat()


def test_nothing_open_is_an_empty_list(db):
    assert json.loads(printed("--json")) == []
    assert printed() == "0 discrepancies\n"


def test_it_asks_about_every_order(order_in):
    orders = {order_in(status).pk for status in ("paid", "delivered", "cancelled")}

    printed("--ask")

    assert {x for fact in published(StatementRequested) for x in fact.order_ids} == orders
