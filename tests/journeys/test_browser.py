"""Purchases as people make them, in a real browser."""

import re

from playwright.sync_api import expect

from tests.journeys.shop import eventually

ORDER = re.compile(r"http\S+/orders/\S+token=[\w-]+(?:\.[\w-]+)*")
GOOD, DECLINED = "4242 4242 4242 4242", "4000 0000 0000 0002"


def put_into_cart(page, thing):
    page.goto(f"/catalog/products/{thing['slug']}/")
    expect(page.get_by_role("heading", level=1)).to_have_text(thing["title"])
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("heading", name="Your cart")).to_be_visible()
    expect(page.get_by_text("It is in your cart.")).to_be_visible()


def check_out(page, email=""):
    page.get_by_role("link", name="Check out").click()
    if email:
        page.get_by_label("E-mail").fill(email)
    page.get_by_label("Full name").fill("Alice Example")
    page.get_by_label("Street and number").fill("Long Street 1")
    page.get_by_label("Postal code").fill("10115")
    page.get_by_label("City").fill("Berlin")
    page.get_by_role("button", name=re.compile("^Order and pay")).click()
    pay_link = page.get_by_role("link", name=re.compile("^Pay "))
    expect(pay_link).to_be_visible()
    pay_link.click()


def fill_card(page, number):
    card = page.frame_locator("iframe").first
    card.get_by_label(re.compile("card number", re.IGNORECASE)).fill(number)
    card.get_by_label(re.compile("expir", re.IGNORECASE)).fill("12 / 34")
    card.get_by_label(re.compile("cvc|security", re.IGNORECASE)).fill("123")
    page.get_by_role("button", name=re.compile("^Pay")).click()


def expect_paid(page):
    expect(page.get_by_text("Your payment arrived")).to_be_visible()


def sign_up(page, email):
    page.goto("/users/signup/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill("sesame-open-1")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("link", name="Sign in")).to_have_count(0)


def test_a_shopper_makes_an_account_buys_and_reviews(page, shop, thing):
    email = shop.guest().email
    sign_up(page, email)
    put_into_cart(page, thing)
    check_out(page)
    fill_card(page, GOOD)
    expect_paid(page)

    page.goto("/orders/")
    expect(page.get_by_text("Paid")).to_be_visible()
    page.goto(f"/reviews/new/?product={thing['id']}")
    page.get_by_text("5 stars").click()
    page.get_by_label("In a few words").fill("Lovely")
    page.get_by_label("Your review").fill("Just as I had hoped.")
    page.get_by_role("button", name="Send the review").click()
    expect(page.get_by_text("Thank you for your review!")).to_be_visible()


def test_a_guest_buys(page, shop, thing):
    email = shop.guest().email
    put_into_cart(page, thing)
    check_out(page, email)
    fill_card(page, GOOD)
    expect_paid(page)

    # Not each of the mails leads to the order: one leads straight to its payment.
    links = eventually(lambda: [x for m in shop.mails_to(email) for x in ORDER.findall(m["text"])])
    page.context.clear_cookies()
    page.goto(links[0])
    expect(page.get_by_role("heading", name=re.compile("^Order S-"))).to_be_visible()


def test_a_declined_card_is_told_and_another_one_pays(page, shop, thing):
    put_into_cart(page, thing)
    check_out(page, shop.guest().email)
    fill_card(page, DECLINED)
    expect(page.get_by_text(re.compile("declined", re.IGNORECASE))).to_be_visible()
    fill_card(page, GOOD)
    expect_paid(page)


def test_the_order_page_moves_by_itself(page, shop, thing):
    guest = shop.guest()
    order_id = guest.place_order(**{thing["sku"]: 1})
    page.goto(f"/orders/{order_id}/?token={guest.order_token}")
    expect(page.get_by_text("Everything is set aside for you")).to_be_visible()

    guest.pay(order_id)
    expect_paid(page)
    shop.merchant().ask("POST", f"/orders/api/v1/orders/{order_id}/ship/", {"carrier": "DHL"})
    expect(page.get_by_text("Your parcel is on its way")).to_be_visible()


def test_the_merchant_ships_in_the_back_office(page, shop, thing):
    guest = shop.guest()
    order_id = guest.place_order(**{thing["sku"]: 1})
    guest.pay(order_id)
    guest.await_status(order_id, "paid")

    merchant = shop.info["accounts"]["merchant"]
    page.goto(f"/orders/admin/orders/order/{order_id}/change/")
    page.get_by_label("Email").fill(merchant["email"])
    page.get_by_label("Password").fill(merchant["password"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Ship").click()
    page.get_by_label("Carrier").fill("DHL")
    page.get_by_label("Tracking number").fill("T-77")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Ship: done.")).to_be_visible()
    assert guest.order(order_id)["tracking_number"] == "T-77"


def test_a_cart_fills_without_javascript(chromium, shop, thing):
    context = chromium.new_context(base_url=shop.url, java_script_enabled=False)
    page = context.new_page()
    put_into_cart(page, thing)
    page.get_by_role("link", name="Check out").click()
    expect(page.get_by_role("button", name=re.compile("^Order and pay"))).to_be_visible()
    context.close()
