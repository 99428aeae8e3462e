"""Each invariant holds in a sound little world, and names what breaks it once something does."""

import ast
import inspect
from decimal import Decimal

import pytest

from tests.resilience import invariants
from tests.resilience.evidence import Charge, Checkout, Failed, Offer, Payment
from tests.resilience.invariants import INVARIANTS
from tests.resilience.stage import Backlog
from tests.resilience.worlds import ALICE, LAMP, PRICE, TEA, TEA_ID, sound_world


def changed(thing, **values):
    for name, value in values.items():
        setattr(thing, name, value)


def a_second_intent(world):
    world.charges["pi-again"] = Charge("paid", 1, Decimal("5.00"), Decimal(0))


def a_charge_for(order_id):
    def plant(world):
        world.charges["pi-stray"] = Charge(order_id, 1, Decimal("9.00"), Decimal(0))

    return plant


def a_second_payment(world):
    world.payments["payment-again"] = Payment(
        "paid", "succeeded", Decimal("5.00"), Decimal(0), "pi-again"
    )


# Invariant -> (what is planted, the id that is named, words of the breach).
PLANTED = {
    "stock_adds_up": [
        (lambda w: changed(w.stock[LAMP], on_hand=5), LAMP, "the ledger sums to 4, on hand are 5"),
        (lambda w: changed(w.stock[LAMP], reserved=1), LAMP, "orders hold 0, reserved are 1"),
        (lambda w: w.stock[LAMP].moved.update(sale=-1), LAMP, "the ledger sums to 3"),
        (lambda w: w.reservations.pop("paid"), TEA, "2 sold + 8 on hand, 11 stocked"),
        (lambda w: w.reservations["paid"].untaken.add(TEA), TEA, "2 sold + 8 on hand, 11 stocked"),
    ],
    "stock_is_never_negative": [
        (lambda w: changed(w.stock[TEA], on_hand=-1), TEA, "on hand -1"),
        (lambda w: changed(w.stock[TEA], reserved=9), TEA, "reserved 9"),
        (lambda w: changed(w.stock[TEA], reserved=-1), TEA, "reserved -1"),
    ],
    "every_checkout_is_an_order": [
        (lambda w: w.answers.append(("key", "lost")), "lost", "answered 2xx"),
        (lambda w: w.checkouts.append(Checkout("k", "c", "lost")), "lost", "checked out in cart"),
        (lambda w: w.checkouts.pop(0), "paid", "nobody checked out"),
    ],
    "no_key_is_answered_two_ways": [
        (lambda w: w.answers.append(("key-of-paid", "delivered")), "key-of-paid", "2 orders"),
    ],
    "no_order_exists_twice": [
        (lambda w: changed(w.orders["paid"], number="S-delivered"), "S-delivered", "this number"),
        (
            lambda w: changed(w.orders["paid"], cart_id="cart-of-refunded"),
            "cart-of-refunded",
            "cart",
        ),
        (a_second_payment, "paid", "2 rows share this payment"),
    ],
    "every_order_ends": [
        (lambda w: changed(w.orders["paid"], status="placed"), "paid", "is still placed"),
        (lambda w: changed(w.orders["paid"], status="awaiting_payment"), "paid", "awaiting"),
    ],
    "nothing_is_charged_twice": [
        (a_second_intent, "paid", "was charged 2 times"),
        (lambda w: changed(w.charges["pi-of-paid"], charges=2), "paid", "was charged 2 times"),
        (a_charge_for("unknown"), "pi-stray", "for no order (unknown)"),
        (a_charge_for(""), "pi-stray", "for no order (-)"),
    ],
    "money_agrees": [
        (a_second_intent, "paid", "provider 10.00 - 0.00"),
        (lambda w: changed(w.charges["pi-of-paid"], refunded=Decimal("0.01")), "paid", "- 0.01"),
        (lambda w: w.payments.pop("payment-of-paid"), "paid", "payments 0.00 - 0.00"),
        (
            lambda w: changed(w.payments["payment-of-paid"], status="processing"),
            *("paid", "payments 0.00"),
        ),
        (lambda w: changed(w.orders["paid"], paid=Decimal("4.99")), "paid", "orders 4.99 - 0.00"),
    ],
    "paid_orders_are_paid_and_cancelled_ones_refunded": [
        (lambda w: changed(w.orders["delivered"], paid=Decimal(0)), "delivered", "0 of 5.00 paid"),
        (lambda w: changed(w.orders["paid"], status="cancelled"), "paid", "refunded 0.00"),
        (lambda w: changed(w.orders["refunded"], refunded=Decimal(4)), "refunded", "refunded 4"),
    ],
    "every_refund_ends": [
        (lambda w: w.waiting_refunds.update({"r-1": "paid"}), "paid", "its refund r-1 has neither"),
    ],
    "what_must_stay_is_not_shipped": [
        (
            lambda w: w.asked_to_ship.update(refunded=200),
            "refunded",
            "shipping it was answered 200",
        ),
    ],
    "every_hold_is_settled": [
        (lambda w: changed(w.reservations["paid"], status="held"), "paid", "its reservation held"),
        (lambda w: changed(w.reservations["paid"], status="released"), "paid", "released"),
        (lambda w: changed(w.reservations["cancelled"], status="committed"), "cancelled", "comm"),
        (lambda w: w.reservations.pop("delivered"), "delivered", "its reservation missing"),
        (lambda w: w.reservations["paid"].lines.update({TEA: 2}), "paid", "the stock gave"),
    ],
    "every_outbox_is_empty": [
        (lambda w: w.outbox.update(cart=3), "cart", "3 messages were never sent"),
    ],
    "every_queue_is_empty": [
        (
            lambda w: w.queues.update({"orders.dead": Backlog(messages=1, ready=1)}),
            "orders.dead",
            "messages are left: 1, 1 ready, 0 unacknowledged, 0 consumers",
        ),
    ],
    "no_event_is_failed": [
        (
            lambda w: w.failed.append(Failed("cart", "order.paid", "event-7", "KeyError: 'sku'")),
            *("event-7", "cart order.paid: KeyError"),
        ),
    ],
    "every_fact_is_handled_once": [
        (
            lambda w: w.handled[("notify", "order.placed")].pop("event-of-paid"),
            *("event-of-paid", "order.placed never took effect in notify"),
        ),
        (
            lambda w: w.handled[("inventory", "order.placed")].update({"event-of-paid": 2}),
            *("event-of-paid", "took effect 2 times in inventory"),
        ),
    ],
    "every_mail_is_sent_once": [
        (lambda w: w.mails.pop("<delivery-1@souk.example>"), "delivery-1", "never arrived"),
        (lambda w: w.mails.update({"<delivery-0@s>": 1}), "delivery-0", "was not to be sent"),
        (
            lambda w: w.deliveries.update({"delivery-1": ("event", "alice", "waiting")}),
            *("delivery-1", "the mail to alice is waiting"),
        ),
        (
            lambda w: w.deliveries.update({"delivery-9": w.deliveries["delivery-0"]}),
            *("event-of-cancelled", "2 mails to alice@souk.example"),
        ),
    ],
    "copies_agree_with_their_owners": [
        (lambda w: w.offers["catalog"].pop(TEA), TEA, "cart sells what catalog does not show"),
        (lambda w: changed(w.offers["cart"][TEA], price=Decimal(4)), TEA, "costs 4 in cart"),
        (lambda w: changed(w.offers["cart"][TEA], available=7), TEA, "7 available in cart"),
        (lambda w: w.offers["catalog"].update({LAMP: Offer(Decimal(20), 5)}), LAMP, "5 available"),
    ],
    "what_people_see_of_orders_agrees": [
        (lambda w: w.watches.pop("paid"), "paid", "notify shows nothing"),
        (lambda w: w.watches.update(paid="placed"), "paid", "notify shows placed, and it is paid"),
    ],
    "ratings_agree": [
        (lambda w: w.ratings["catalog"].pop(TEA_ID), TEA_ID, "catalog shows None"),
        (lambda w: w.ratings["reviews"].pop(TEA_ID), TEA_ID, "reviews has None"),
        (lambda w: w.ratings["catalog"].update({TEA_ID: (2, Decimal("4.00"))}), TEA_ID, "4.00"),
    ],
    "buyers_may_review": [
        (lambda w: w.rights.remove((ALICE, TEA_ID, "paid")), "paid", f"to review {TEA_ID}"),
    ],
    "the_reconciler_sees_no_drift": [
        (lambda w: w.discrepancies.append(("paid", "paid_unknown")), "paid", "paid_unknown"),
    ],
}
CASES = [
    pytest.param(name, *case, id=f"{name}-{number}")
    for name, cases in PLANTED.items()
    for number, case in enumerate(cases)
]


@pytest.mark.parametrize("rule", INVARIANTS, ids=lambda rule: rule.check.__name__)
def test_a_sound_world_holds(rule):
    world = sound_world()

    assert list(rule.check(world)) == []
    assert rule.count(world) > 0


@pytest.mark.parametrize(("name", "plant", "offender", "words"), CASES)
def test_what_is_planted_is_reported_with_its_id(name, plant, offender, words):
    world = sound_world()
    plant(world)

    found = list(getattr(invariants, name)(world))

    assert any(one.id == offender and words in one.what for one in found), found


@pytest.mark.parametrize("in_box", [True, False])
def test_a_mail_whose_answer_was_lost_may_have_arrived_or_not(in_box):
    world = sound_world()
    event, recipient, _ = world.deliveries["delivery-1"]
    world.deliveries["delivery-1"] = (event, recipient, "uncertain")
    if not in_box:
        world.mails.pop("<delivery-1@souk.example>")

    assert list(invariants.every_mail_is_sent_once(world)) == []


def test_the_cart_of_a_cancelled_order_may_become_another_one():
    world = sound_world()
    changed(world.orders["refunded"], cart_id="cart-of-paid", was_cancelled=True)

    assert list(invariants.no_order_exists_twice(world)) == []


def test_every_invariant_has_a_planted_violation():
    assert list(PLANTED) == [rule.check.__name__ for rule in INVARIANTS]


@pytest.mark.parametrize("rule", INVARIANTS, ids=lambda rule: rule.check.__name__)
def test_every_breach_that_an_invariant_knows_is_planted(rule):
    lines, first = inspect.getsourcelines(rule.check)
    tree = ast.parse("".join(lines))
    known = {first + node.lineno - 1 for node in ast.walk(tree) if isinstance(node, ast.Yield)}

    reached = set()
    for plant, *_ in PLANTED[rule.check.__name__]:
        world = sound_world()
        plant(world)
        breaches = rule.check(world)
        for _ in breaches:
            reached.add(breaches.gi_frame.f_lineno)

    # A frame may stand on any line of the statement that yields.
    assert len(reached) == len(known), (sorted(known), sorted(reached))


@pytest.mark.parametrize(("dispute", "breaches"), [("", 1), ("won", 1), ("open", 0), ("lost", 0)])
def test_what_a_bank_has_cannot_go_back(dispute, breaches):
    world = sound_world()
    changed(world.orders["paid"], status="cancelled", dispute=dispute)

    check = invariants.paid_orders_are_paid_and_cancelled_ones_refunded
    assert len(list(check(world))) == breaches


@pytest.mark.parametrize(
    ("order", "changes", "stays"),
    [
        ("paid", {}, False),
        ("paid", {"dispute": "open"}, True),
        ("paid", {"dispute": "won"}, False),
        ("paid", {"refunded": PRICE[TEA]}, True),
        ("refunded", {}, True),
        ("cancelled", {}, False),
        ("delivered", {"dispute": "lost"}, False),
    ],
)
def test_a_parcel_stays_where_its_money_is_not_the_shops(order, changes, stays):
    world = sound_world()
    changed(world.orders[order], **changes)

    assert world.orders[order].must_stay == stays
