import re
from uuid import uuid4

import pytest
from django.utils import timezone

from orders.models import Order, ProvedAddress, Refund, Return
from shared.storefront.templatetags.storefront import when
from shared.testing.events import published_names
from shared.testing.users import ALICE, MIA, OTTO

pytestmark = pytest.mark.django_db


def hidden(page):
    """What the form of a step takes along unseen."""
    return dict(re.findall(r'type="hidden" name="(key|left|returns)" value="([^"]*)"', page.text))


def fill(client, url, **fields):
    return client.post(url, {**hidden(client.get(url)), **fields})


def step_url(client, order, name):
    """The address behind the button of that name on the order's page."""
    page = client.get(f"/orders/admin/orders/order/{order.pk}/change/").text
    url = f"/orders/admin/orders/order/{order.pk}/{name}/"
    assert url in page
    return url


def test_the_merchant_ships_from_the_admin(order_in, client_of):
    order = order_in("paid")
    mia = client_of(MIA)
    url = step_url(mia, order, "ship")

    assert "Tracking number" in mia.get(url).text
    answer = mia.post(url, {"carrier": "DHL", "tracking_number": "T7"}, follow=True)

    assert "Ship: done." in answer.text
    order.refresh_from_db()
    assert (order.status, order.tracking_number) == ("shipped", "T7")
    assert published_names() == ["order.shipped"]


@pytest.mark.parametrize(
    ("status", "step", "ends"),
    [("shipped", "deliver", "delivered"), ("paid", "cancel", "cancelled")],
)
def test_the_other_steps_end_where_they_should(order_in, client_of, status, step, ends):
    order = order_in(status)
    otto = client_of(OTTO)

    otto.post(step_url(otto, order, step), {"go": "1"})

    order.refresh_from_db()
    assert order.status == ends


def test_a_step_that_is_not_possible_says_why(order_in, client_of):
    order = order_in("placed")
    url = f"/orders/admin/orders/order/{order.pk}/ship/"

    answer = client_of(MIA).post(url, {"carrier": "DHL"}, follow=True)

    assert "cannot become shipped" in answer.text
    assert published_names() == []


def test_the_merchant_refunds_a_part(order_in, client_of):
    order = order_in("paid")
    mia = client_of(MIA)

    fill(mia, step_url(mia, order, "refund"), amount="3.00", reason="late")

    assert [str(refund.amount) for refund in order.refunds.all()] == ["3.00"]


@pytest.mark.parametrize("typed", ["0_1.0_0", "1e0", "٣", "１"])
def test_a_refund_is_a_plain_number(order_in, client_of, typed):
    order = order_in("paid")
    mia = client_of(MIA)

    page = fill(mia, step_url(mia, order, "refund"), amount=typed, reason="late")

    assert "Write a number in digits" in page.text
    assert not order.refunds.exists()
    assert published_names() == []


def test_a_second_click_is_the_same_refund(order_in, client_of):
    order = order_in("paid")
    mia = client_of(MIA)
    url = step_url(mia, order, "refund")
    form = {**hidden(mia.get(url)), "amount": "3.00", "reason": "late"}

    for _ in range(2):
        assert "Refund: done." in mia.post(url, form, follow=True).text

    assert [str(refund.amount) for refund in order.refunds.all()] == ["3.00"]


def test_of_two_who_refund_at_once_the_second_is_told(order_in, client_of):
    order = order_in("paid")
    mia, otto = client_of(MIA), client_of(OTTO)
    url = step_url(mia, order, "refund")
    pages = [(client, client.get(url)) for client in (mia, otto)]
    wish = {"amount": "5.00", "reason": "late"}
    first, second = (
        client.post(url, {**hidden(page), **wish}, follow=True).text for client, page in pages
    )

    assert "Left to refund:" in pages[0][1].text
    assert "Refund: done." in first
    assert "Refund: done." not in second
    assert "24.90" in second
    assert "19.90" in second
    assert [str(refund.amount) for refund in order.refunds.all()] == ["5.00"]


@pytest.mark.parametrize("step", ["refund", "take-back"])
def test_a_form_that_does_not_say_what_it_showed_does_nothing(order_in, client_of, step):
    order = order_in("delivered")
    Return.objects.create(id=uuid4(), order=order, lines=[{"sku": "TEA", "quantity": 2}])
    mia = client_of(MIA)
    answer = mia.post(step_url(mia, order, step), {"amount": "5.00", "reason": "late"})

    assert "open the order again" in answer.text
    assert published_names() == []


def test_only_the_returns_that_were_shown_are_taken_back(order_in, client_of):
    order = order_in("delivered")
    seen, later = uuid4(), uuid4()
    Return.objects.create(id=seen, order=order, lines=[{"sku": "TEA", "quantity": 2}])
    mia = client_of(MIA)
    url = step_url(mia, order, "take-back")
    page = mia.get(url)
    Return.objects.create(id=later, order=order, lines=[{"sku": "POT", "quantity": 1}])
    mia.post(url, hidden(page))

    assert "2 x TEA" in page.text
    waiting = Return.objects.filter(received_at=None)
    assert [row.pk for row in waiting] == [later]


def test_the_story_of_an_order_names_the_zone_of_its_times(order_in, client_of):
    order = order_in("paid")

    page = client_of(MIA).get(f"/orders/admin/orders/order/{order.pk}/change/").text

    placed = order.transitions.order_by("at").first().at
    assert when(placed) in page
    assert when(placed).endswith(" UTC")
    assert not re.search(r"\d+:\d\d (a\.m\.|p\.m\.)", page)


def test_the_list_finds_an_order_by_its_number(order_in, client_of):
    order = order_in("paid")

    page = client_of(MIA).get("/orders/admin/orders/order/", {"q": order.number})

    assert order.email in page.text


def test_a_shopper_is_kept_out(order_in, client_of):
    order = order_in("paid")

    answer = client_of(ALICE).post(f"/orders/admin/orders/order/{order.pk}/ship")

    assert answer.status_code in (302, 403)
    order.refresh_from_db()
    assert order.status == "paid"


STEPS = ("ship", "deliver", "refund", "cancel", "take-back")


def offered(client, order):
    page = client.get(f"/orders/admin/orders/order/{order.pk}/change/").text
    return {step for step in STEPS if f"/order/{order.pk}/{step}/" in page}


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        ("placed", {"cancel"}),
        ("paid", {"ship", "refund", "cancel"}),
        ("shipped", {"deliver", "refund"}),
        ("delivered", {"refund"}),
    ],
)
def test_only_what_is_possible_is_offered(order_in, client_of, status, steps):
    assert offered(client_of(MIA), order_in(status)) == steps


def test_a_disputed_order_is_not_offered_to_be_shipped(order_in, client_of):
    order = order_in("paid")
    Order.objects.filter(pk=order.pk).update(dispute="open")

    assert "ship" not in offered(client_of(MIA), order)


def test_what_has_gone_back_is_not_offered_again(order_in, client_of):
    order = order_in("delivered")
    Refund.objects.create(id=uuid4(), order=order, amount=order.paid, reason="late")

    assert offered(client_of(MIA), order) == set()


def test_a_return_is_offered_until_it_is_back(order_in, client_of):
    order = order_in("delivered")
    row = Return.objects.create(id=uuid4(), order=order, lines=[{"sku": "A-1", "quantity": 2}])
    mia = client_of(MIA)

    assert "take-back" in offered(mia, order)
    assert "2 x A-1" in mia.get(f"/orders/admin/orders/order/{order.pk}/change/").text
    Return.objects.filter(pk=row.pk).update(received_at=timezone.now())
    assert "take-back" not in offered(mia, order)


def test_who_may_only_look_is_offered_nothing(order_in, client_of, settings):
    settings.STAFF_PERMISSIONS = {"fulfilment": ["orders.view_*"]}

    assert offered(client_of(MIA), order_in("paid")) == set()


def test_the_page_speaks_of_addresses_and_statuses_in_words(order_in, client_of):
    order = order_in("awaiting_payment")
    address = {"name": "Jörg Müller", "line1": "Hauptstraße 1", "postal_code": "10115"}
    address |= {"city": "Berlin", "country": "DE", "phone": "+4930123"}
    Order.objects.filter(pk=order.pk).update(
        shipping_address=address, billing_address=None, cancel_reason="hold_expired"
    )

    page = client_of(MIA).get(f"/orders/admin/orders/order/{order.pk}/change/").text

    lines = ("Jörg Müller", "Hauptstraße 1", "10115 Berlin", "Germany", "+4930123")
    assert "<br>".join(lines) in page
    assert "Waiting for payment" in page
    assert "Hold expired" in page
    assert "hold_expired" not in page
    assert "awaiting_payment" not in page
    assert "\\u00" not in page


def test_the_address_of_an_erased_person_is_empty(order_in, client_of):
    order = order_in("delivered")
    Order.objects.filter(pk=order.pk).update(shipping_address={}, billing_address={})

    assert client_of(MIA).get(f"/orders/admin/orders/order/{order.pk}/change/").status_code == 200


def work_of(client, who="orders"):
    page = client.get(f"/{who}/admin/fragments/tasks/").text
    found = re.findall(r'href="([^"]+waits=\w+)">\s*<span[^>]*>(\d+)</span> <span>([^<]+)', page)
    return {title: (int(number), url) for url, number, title in found}


def test_what_waits_is_counted_and_listed(order_in, client_of):
    ready, held, sent = order_in("paid"), order_in("paid"), order_in("delivered")
    order_in("placed")
    Order.objects.filter(pk=held.pk).update(dispute="open")
    Return.objects.create(id=uuid4(), order=sent, lines=[])
    mia = client_of(MIA)

    work = work_of(mia)

    numbers = {title: number for title, (number, url) in work.items()}
    assert numbers == {
        "Orders to ship": 1,
        "Paid and disputed": 1,
        "Returns on their way": 1,
        "Differences between services": 0,
        "Failed events": 0,
    }
    for title, order in (
        ("Orders to ship", ready),
        ("Paid and disputed", held),
        ("Returns on their way", sent),
    ):
        page = mia.get(work[title][1]).text
        shown = [one for one in (ready, held, sent) if one.number in page]
        assert shown == [order]


def test_what_waits_is_shown_to_those_who_may_see_it(order_in, client_of, settings):
    order_in("paid")
    settings.STAFF_PERMISSIONS = {"owner": ["*"]}

    assert work_of(client_of(MIA)) == {}
    assert "Orders" not in client_of(MIA).get("/orders/admin/fragments/tasks/").text
    assert client_of(ALICE).get("/orders/admin/fragments/tasks/").status_code == 403
    assert client_of(None).get("/orders/admin/fragments/tasks/").status_code == 403


def test_the_audit_keeps_an_account_and_shows_its_address(order_in, client_of):
    order = order_in("paid")
    mia = client_of(MIA)
    ProvedAddress.objects.create(customer_id=MIA.user_id, email=MIA.email, told_at=timezone.now())

    mia.post(step_url(mia, order, "ship"), {"carrier": "DHL", "tracking_number": "T7"})

    assert order.transitions.get(status="shipped").actor == str(MIA.user_id)
    assert MIA.email in mia.get(f"/orders/admin/orders/order/{order.pk}/change/").text
