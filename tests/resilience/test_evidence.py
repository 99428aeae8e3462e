"""What is wrong in a database is seen there: planted by SQL in transactions that never commit."""

from contextlib import ExitStack, contextmanager
from uuid import uuid4

import pytest

from shared.services import SERVICES
from tests.journeys.shop import eventually
from tests.resilience import evidence, invariants
from tests.resilience.stage import HISTORY


@pytest.fixture(scope="module")
def bought(stage, shop, shelf):
    """A paid order of Alice's, seen by every service that has a part in it."""
    sku = shelf[-1]["sku"]
    shop.set_stock(sku, 20)
    alice = shop.newcomer()
    order_id = alice.place_order(**{sku: 1})
    assert alice.pay(order_id).status_code == 200
    alice.await_status(order_id, "paid")
    number = alice.order(order_id)["number"]
    eventually(
        lambda: order_id in {one for *_, one in evidence.read_databases(stage.database).rights}
    )
    body = {"product_id": shelf[-1]["id"], "rating": 4, "title": "Good", "body": "As told."}
    assert alice.ask("POST", "/reviews/api/v1/reviews/", body).status_code == 201
    eventually(lambda: any(number in mail["subject"] for mail in shop.mails_to(alice.email)))
    return {"order": order_id, "sku": sku, "product": shelf[-1]["id"]}


@pytest.fixture
def links(stage):
    """A connection to each service's database; whatever happens through them is rolled back."""
    with ExitStack() as stack:
        opened = {name: stack.enter_context(stage.database(name)) for name in SERVICES}
        yield opened
        for link in opened.values():
            link.rollback()


@pytest.fixture
def look(stage, links):
    """Reads the databases as the transactions see them, and the provider's ledger."""

    @contextmanager
    def database(service):
        yield links[service]

    def read():
        found = evidence.read_databases(database)
        found.charges = evidence.read_provider(stage.sandbox("GET", "ledger"))
        return found

    return read


def drop_constraint(table, name):
    return f"ALTER TABLE {table} DROP CONSTRAINT {name}"


def insert(table, **values):
    """Values are SQL."""
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(values.values())})"


def outbox(event_id, routing_key):
    return insert(
        "events_outbox",
        event_id=f"'{event_id}'",
        exchange="'facts'",
        routing_key=f"'{routing_key}'",
        task=f"'{routing_key}'",
        envelope="jsonb_build_object()",
        created_at="now()",
    )


LOST = str(uuid4())
OF = "WHERE order_id = '{order}'"
EVENT = str(uuid4())
# Invariant -> the service, what is planted in its database, the id that is named.
PLANTED = [
    (
        invariants.stock_adds_up,
        *(
            "inventory",
            ["UPDATE inventory_stockitem SET on_hand = on_hand + 1 WHERE sku = '{sku}'"],
        ),
        "{sku}",
    ),
    (
        invariants.stock_adds_up,
        *("inventory", [f"UPDATE inventory_reservation SET status = 'held' {OF}"]),
        "{sku}",
    ),
    (
        invariants.stock_is_never_negative,
        "inventory",
        [
            drop_constraint("inventory_stockitem", "stock_on_hand_not_negative"),
            drop_constraint("inventory_stockitem", "stock_reserved_within_on_hand"),
            "UPDATE inventory_stockitem SET on_hand = -1 WHERE sku = '{sku}'",
        ],
        "{sku}",
    ),
    (
        invariants.every_checkout_is_an_order,
        *("cart", [f"DELETE FROM cart_checkout {OF}"]),
        "{order}",
    ),
    (
        invariants.every_order_ends,
        *("orders", ["UPDATE orders_order SET status = 'placed' WHERE id = '{order}'"]),
        "{order}",
    ),
    (
        invariants.paid_orders_are_paid_and_cancelled_ones_refunded,
        *("orders", ["UPDATE orders_order SET paid = 0 WHERE id = '{order}'"]),
        "{order}",
    ),
    (
        invariants.money_agrees,
        "payments",
        [f"UPDATE payments_payment SET amount = amount + 0.01 {OF}"],
        "{order}",
    ),
    (
        invariants.every_hold_is_settled,
        *("inventory", [f"UPDATE inventory_reservation SET status = 'released' {OF}"]),
        "{order}",
    ),
    (
        invariants.every_outbox_is_empty,
        "reviews",
        [outbox(EVENT, "stock.changed")],
        "reviews",
    ),
    (
        invariants.no_event_is_failed,
        "recommend",
        [
            insert(
                "events_failed",
                id="gen_random_uuid()",
                event_id=f"'{EVENT}'",
                handler="'order.paid'",
                envelope="jsonb_build_object()",
                error="'KeyError'",
                traceback="''",
                attempts="7",
                status="'failed'",
                failed_at="now()",
            )
        ],
        EVENT,
    ),
    (
        invariants.every_fact_is_handled_once,
        "catalog",
        [
            drop_constraint("events_inbox", "inbox_handled_once"),
            *2
            * [
                insert(
                    "events_inbox",
                    event_id=f"'{EVENT}'",
                    handler="'stock.changed'",
                    handled_at="now()",
                )
            ],
        ],
        EVENT,
    ),
    (
        invariants.copies_agree_with_their_owners,
        *("cart", ["UPDATE cart_offer SET price = price + 1 WHERE sku = '{sku}'"]),
        "{sku}",
    ),
    (
        invariants.copies_agree_with_their_owners,
        *("catalog", ["UPDATE catalog_variant SET available = available + 1 WHERE sku = '{sku}'"]),
        "{sku}",
    ),
    (
        invariants.ratings_agree,
        *(
            "reviews",
            ["UPDATE reviews_review SET status = 'hidden' WHERE product_id = '{product}'"],
        ),
        "{product}",
    ),
    (
        invariants.ratings_agree,
        *(
            "recommend",
            ["UPDATE recommend_product SET rating_count = 0 WHERE id = '{product}'"],
        ),
        "{product}",
    ),
    (
        invariants.every_refund_ends,
        "orders",
        [
            insert(
                "orders_refund",
                id=f"'{LOST}'",
                order_id="'{order}'",
                amount="1",
                reason="'scratch'",
                requested_at="now()",
                told="0",
            )
        ],
        "{order}",
    ),
    (
        invariants.every_refund_ends,
        "payments",
        [
            "INSERT INTO payments_refund"
            ' (id, payment_id, amount, reason, status, "foreign", attempt, error, requested_at)'
            f" SELECT '{LOST}', id, 1, 'scratch', 'pending', false, 1, '', now()"
            f" FROM payments_payment {OF}"
        ],
        "{order}",
    ),
    (
        invariants.what_people_see_of_orders_agrees,
        *("notify", [f"UPDATE notify_orderwatch SET status = 'placed' {OF}"]),
        "{order}",
    ),
    (
        invariants.buyers_may_review,
        *("reviews", [f"DELETE FROM reviews_purchaseright {OF}"]),
        "{order}",
    ),
    (
        invariants.the_reconciler_sees_no_drift,
        "orders",
        [
            insert(
                "orders_discrepancy",
                order_id="'{order}'",
                number="'S-1'",
                kind="'paid_unknown'",
                details="''",
                first_seen="now()",
                last_seen="now()",
                times="1",
                auto_repairs="0",
                outcome="'open'",
            )
        ],
        "{order}",
    ),
]


def offenders(check, found):
    return {breach.id for breach in check(found)}


@pytest.mark.parametrize(
    ("check", "service", "statements", "offender"),
    PLANTED,
    ids=[f"{check.__name__}-{service}" for check, service, *_ in PLANTED],
)
def test_what_is_planted_in_a_database_is_reported(
    links, look, bought, check, service, statements, offender
):
    named = offender.format(**bought)
    eventually(lambda: named not in offenders(check, look()))

    with links[service].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.format(**bought))

    assert named in offenders(check, look())


def test_two_mails_about_one_fact_are_seen(links, look, bought):
    with links["notify"].cursor() as cursor:
        cursor.execute(drop_constraint("notify_delivery", "delivery_once_per_fact"))
        cursor.execute(
            "CREATE TEMPORARY TABLE again ON COMMIT DROP AS SELECT * FROM notify_delivery"
            " WHERE order_id = %s AND channel = 'mail' LIMIT 1",
            [bought["order"]],
        )
        cursor.execute("UPDATE again SET id = gen_random_uuid() RETURNING event_id::text")
        event = cursor.fetchone()[0]
        cursor.execute("INSERT INTO notify_delivery SELECT * FROM again")

    assert event in offenders(invariants.every_mail_is_sent_once, look())


def test_a_fact_that_was_published_and_never_handled_is_seen(links, look):
    with links["orders"].cursor() as cursor:
        cursor.execute(HISTORY)
        cursor.execute(outbox(LOST, "order.paid"))

    found = [x for x in invariants.every_fact_is_handled_once(look()) if x.id == LOST]

    consumers = look().consumed_by
    assert len(found) == sum("order.paid" in facts for facts in consumers.values())


def test_the_readers_see_the_order_in_every_service_that_has_a_part_in_it(look, bought):
    found, order_id = look(), bought["order"]

    order = found.orders[order_id]
    assert (order.status, order.lines) == ("paid", {bought["sku"]: 1})
    assert found.reservations[order_id].lines == order.lines
    assert [x.amount for x in found.payments.values() if x.order_id == order_id] == [order.total]
    assert order_id in {checkout.order_id for checkout in found.checkouts}
    assert (order.customer_id, bought["product"], order_id) in found.rights
    assert set(found.outbox) == set(found.consumed_by) | {"users"}
