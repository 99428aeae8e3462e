"""A guest's order is found again, by a mailed link and by the account that proves the address."""

import re

from tests.hostile.browsers import Browser
from tests.journeys.shop import Buyer, eventually


def mailed_link(shop, email, path):
    """The first link to such a path in a mail to the address, as a path of the shop."""

    def look():
        texts = [mail["text"] for mail in shop.mails_to(email)]
        found = [one for text in texts for one in re.findall(rf"{shop.url}({path}\S+)", text)]
        return found[-1:]

    (link,) = eventually(look)
    return link


def listed(buyer):
    rows = buyer.ask("GET", "/orders/api/v1/orders/").json()["results"]
    return [row["id"] for row in rows]


def test_a_stranger_with_number_and_address_gets_a_link_by_mail(shop, thing):
    guest = shop.guest()
    order_id = guest.place_order(**{thing["sku"]: 1})
    number = guest.order(order_id)["number"]
    before = len(shop.mails_to(guest.email))

    browser = Browser(shop.url)
    assert "Find an order" in browser.get("/orders/find/").text
    answer = browser.post("/orders/find/", {"number": number, "email": guest.email})
    assert answer.headers["Location"] == "/orders/find/?sent=1"
    assert "token" not in answer.text

    eventually(
        lambda: [m for m in shop.mails_to(guest.email) if m["subject"].startswith("Your or")]
    )
    assert len(shop.mails_to(guest.email)) > before
    opened = Browser(shop.url).get(mailed_link(shop, guest.email, f"/orders/{order_id}/"))
    assert opened.status_code == 200
    assert number in opened.text


def test_an_account_gets_its_orders_as_a_guest_once_its_address_is_proved(shop, thing):
    alice = shop.newcomer()
    guest = Buyer(shop.url, alice.email)
    earlier = guest.place_order(**{thing["sku"]: 1})
    assert listed(alice) == []

    link = mailed_link(shop, alice.email, "/users/confirm-email/")
    browser = Browser(shop.url)
    assert browser.post(link, {}).status_code == 403  # whoever reads the mail need not be Alice
    browser.sign_in(alice.email)
    assert browser.post(link, {}).status_code == 302

    eventually(lambda: listed(alice) == [earlier])
    payment = f"/payments/api/v1/payments/{earlier}/"
    eventually(lambda: alice.ask("GET", payment).status_code == 200)
    later = Buyer(shop.url, alice.email).place_order(**{thing["sku"]: 1})
    assert set(listed(alice)) == {earlier, later}
