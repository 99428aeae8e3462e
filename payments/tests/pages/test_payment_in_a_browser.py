import pytest
from django.db import connections
from playwright.sync_api import sync_playwright

from shared.auth.capabilities import mint_capability
from shared.testing.events import published_names

pytestmark = pytest.mark.django_db(transaction=True)

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]

LISTEN = """() => {
  const heard = [];
  document.querySelector("[data-pay] button").addEventListener("click", (e) => heard.push(e.type));
  return heard;
}"""


@pytest.fixture
def page(monkeypatch):
    # playwright's loop runs in this thread, where the test uses the database as well.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        page = browser.new_page(viewport={"width": 390, "height": 900})
        yield page
        browser.close()
        # Beside the running loop Django keeps other connections than without it; nobody else
        # closes these.
        connections.close_all()


@pytest.fixture
def open_payment(payment_in, page, live_server, sandbox, settings):
    settings.STRIPE_JS_URL = f"{sandbox.url}/v3/"

    def go():
        payment = payment_in("requires_payment", customer_id=None)
        token = mint_capability("order", payment.order_id)
        page.goto(f"{live_server.url}/payments/{payment.order_id}/?token={token}")
        page.locator("[data-pay] button:enabled").wait_for()
        return payment

    return go


def pay_with(page, number):
    fields = page.frame_locator("#card-element iframe").locator("input")
    for position, text in enumerate((number, "12 / 34", "123")):
        fields.nth(position).fill(text)
    page.locator("[data-pay] button").click()


def test_a_declined_card_is_said_at_the_field_and_another_one_pays(open_payment, page):
    payment = open_payment()

    pay_with(page, "4000000000009995")
    page.get_by_text("insufficient funds").wait_for()
    pay_with(page, "4242424242424242")
    page.wait_for_url(f"**/orders/{payment.order_id}/**")

    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert published_names() == ["payment.succeeded"]


def test_a_press_is_heard_though_it_blames_a_field(open_payment, page):
    """The button is pressed for a while, and what is said meanwhile does not move it away."""
    open_payment()
    fields = page.frame_locator("#card-element iframe").locator("input")
    for position, text in enumerate(("4242424242424242", "12 / 34", "1")):
        fields.nth(position).fill(text)

    heard = page.evaluate_handle(LISTEN)
    page.locator("[data-pay] button").hover(position={"x": 20, "y": 3})
    page.mouse.down()
    page.get_by_text("security code is incomplete").wait_for()
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 200)))")
    page.mouse.up()

    assert heard.json_value() == ["click"]


def test_the_banks_challenge_is_passed(open_payment, page):
    payment = open_payment()

    pay_with(page, "4000000000003220")
    page.frame_locator("dialog iframe").locator("button").first.click()
    page.wait_for_url(f"**/orders/{payment.order_id}/**")

    payment.refresh_from_db()
    assert payment.status == "succeeded"
