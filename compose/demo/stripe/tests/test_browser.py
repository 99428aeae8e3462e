"""A person pays on a page of a shop with a strict policy, in a real browser."""

from __future__ import annotations

import http.client
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect, sync_playwright

from .conftest import PUBLIC_KEY, Sandbox, order, wait_for

ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHECKOUT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Pay</title>
<link rel="stylesheet" href="/shop.css"><script src="{base}/v3/"></script>
<script src="/shop.js?secret={secret}&key={key}" defer></script></head>
<body><main><h1>Pay 19.99 EUR</h1><form id="pay"><div id="card"></div>
<button>Pay now</button></form><p id="result" role="status"></p></main></body></html>"""
CSS = """:root { color-scheme: light dark } body { font: 16px system-ui; margin: 2rem auto;
max-width: 28rem; padding: 0 1rem } button { min-height: 44px; padding: 0 2rem;
margin-top: 1rem }"""
SCRIPT = """
const given = new URL(document.currentScript.src).searchParams;
const stripe = Stripe(given.get("key"));
const card = stripe.elements().create("card");
const result = document.getElementById("result");
card.on("ready", () => { document.body.dataset.ready = "yes"; });
card.on("change", (event) => { document.body.dataset.complete = event.complete;
  document.body.dataset.brand = event.brand; });
card.mount("#card");
document.getElementById("pay").addEventListener("submit", async (event) => {
  event.preventDefault();
  result.textContent = "…";
  const answer = await stripe.confirmCardPayment(given.get("secret"),
    { payment_method: { card, billing_details: { name: "Alice", address: { city: "Berlin" } } } });
  result.textContent = answer.error ? answer.error.message : answer.paymentIntent.status;
});
"""


class Shop(ThreadingHTTPServer):
    """A page of another origin whose policy allows itself and the sandbox only."""

    daemon_threads = True

    def __init__(self, base: str) -> None:
        super().__init__(("127.0.0.1", 0), _ShopPage)
        self.base = base
        self.script = SCRIPT
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def page(self, intent: Any) -> str:
        return f"http://127.0.0.1:{self.server_port}/?{intent.client_secret}"


class _ShopPage(BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        files = {
            "/shop.js": (self.server.script, "text/javascript"),
            "/shop.css": (CSS, "text/css"),
        }
        page = CHECKOUT.format(base=self.server.base, secret=query, key=PUBLIC_KEY)
        body, kind = files.get(path, (page, "text/html"))
        base = self.server.base
        policy = (
            f"default-src 'none'; script-src 'self' {base}/; style-src 'self'; frame-src {base}/;"
            f" connect-src {base}/; img-src 'self'"
        )
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def shop_pages(sandbox: Sandbox) -> Iterator[Shop]:
    server = Shop(sandbox.url)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console",
        lambda line: complaints.append(line.text) if "Security Policy" in line.text else None,
    )
    yield opened
    opened.close()
    assert complaints == []


def card_field(page: Page) -> FrameLocator:
    return page.frame_locator("#card iframe")


def fill(page: Page, number: str, expiry: str = "1240", cvc: str = "123") -> None:
    card = card_field(page)
    card.get_by_label("Card number").fill("")
    card.get_by_label("Card number").press_sequentially(number)
    card.get_by_label("Expiry").fill("")
    card.get_by_label("Expiry").press_sequentially(expiry)
    card.get_by_label("Security code").fill(cvc)


def press_pay(page: Page) -> None:
    page.get_by_role("button", name="Pay now").click()


def picture(page: Page, name: str) -> None:
    """Keep a picture where SOUK_SCREENSHOTS names a folder."""
    folder = os.environ.get("SOUK_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_a_card_pays(page: Page, shop: Any, shop_pages: Shop) -> None:
    intent = shop.payment_intents.create(order())
    page.goto(shop_pages.page(intent))
    fill(page, "4242424242424242")
    expect(card_field(page).get_by_label("Card number")).to_have_value("4242 4242 4242 4242")
    expect(card_field(page).get_by_label("Expiry")).to_have_value("12 / 40")
    expect(page.locator("body")).to_have_attribute("data-complete", "true")
    expect(page.locator("body")).to_have_attribute("data-brand", "visa")
    picture(page, "card")
    press_pay(page)
    expect(page.get_by_role("status")).to_have_text("succeeded")
    paid = shop.payment_intents.retrieve(intent.id, {"expand": ["payment_method"]})
    assert (paid.status, paid.amount_received) == ("succeeded", 1999)
    assert paid.payment_method.billing_details.name == "Alice"
    assert paid.payment_method.billing_details.address.city == "Berlin"


def test_a_declined_card_is_explained_and_another_one_pays(
    page: Page, shop: Any, shop_pages: Shop
) -> None:
    intent = shop.payment_intents.create(order())
    page.goto(shop_pages.page(intent))
    fill(page, "4000000000009995")
    press_pay(page)
    expect(page.get_by_role("status")).to_have_text("Your card has insufficient funds.")
    assert shop.payment_intents.retrieve(intent.id).status == "requires_payment_method"
    fill(page, "4242424242424242")
    press_pay(page)
    expect(page.get_by_role("status")).to_have_text("succeeded")
    assert shop.payment_intents.retrieve(intent.id).status == "succeeded"


def test_3d_secure_is_approved_in_a_dialog(page: Page, shop: Any, shop_pages: Shop) -> None:
    intent = shop.payment_intents.create(order())
    page.goto(shop_pages.page(intent))
    fill(page, "4000000000003220")
    press_pay(page)
    bank = page.frame_locator("dialog iframe")
    expect(bank.get_by_text("Pay 19.99 EUR to Souk?")).to_be_visible()
    picture(page, "challenge")
    bank.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status")).to_have_text("succeeded")
    expect(page.locator("dialog")).to_have_count(0)
    assert shop.payment_intents.retrieve(intent.id).status == "succeeded"


def test_3d_secure_is_refused_in_a_dialog(page: Page, shop: Any, shop_pages: Shop) -> None:
    intent = shop.payment_intents.create(order())
    page.goto(shop_pages.page(intent))
    fill(page, "4000002760003184")
    press_pay(page)
    page.frame_locator("dialog iframe").get_by_role("button", name="Fail").click()
    expect(page.get_by_role("status")).to_contain_text("unable to authenticate")
    after = shop.payment_intents.retrieve(intent.id)
    assert (after.status, after.amount_received) == ("requires_payment_method", 0)


@pytest.mark.parametrize("way", ["Escape", "Cancel"])
def test_leaving_the_dialog_pays_nothing_and_another_card_may(
    page: Page, shop: Any, shop_pages: Shop, way: str
) -> None:
    intent = shop.payment_intents.create(order())
    page.goto(shop_pages.page(intent))
    fill(page, "4000000000003220")
    press_pay(page)
    expect(page.frame_locator("dialog iframe").get_by_role("button", name="Fail")).to_be_visible()
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("status")).to_contain_text("was not confirmed")
    assert shop.payment_intents.retrieve(intent.id).status == "requires_action"
    fill(page, "4242424242424242")
    press_pay(page)
    expect(page.get_by_role("status")).to_have_text("succeeded")
    assert len(shop.charges.list({"payment_intent": intent.id}).data) == 1


@pytest.mark.parametrize(
    ("number", "expiry", "cvc", "problem"),
    [
        ("4242", "1240", "123", "Your card number is incomplete."),
        ("4242424242424241", "1240", "123", "Your card number is invalid."),
        ("4242424242424242", "1340", "123", "Your card's expiration month is invalid."),
        ("4242424242424242", "1220", "123", "Your card's expiration date is in the past."),
        ("4242424242424242", "1240", "12", "Your card's security code is incomplete."),
        ("378282246310005", "1240", "123", "Your card's security code is incomplete."),
    ],
)
def test_wrong_input_is_explained_before_anything_is_sent(
    page: Page, shop: Any, shop_pages: Shop, number: str, expiry: str, cvc: str, problem: str
) -> None:
    intent = shop.payment_intents.create(order())
    page.goto(shop_pages.page(intent))
    fill(page, number, expiry, cvc)
    press_pay(page)
    expect(page.get_by_role("status")).to_have_text(problem)
    expect(card_field(page).locator("#problem")).to_be_hidden()
    expect(page.locator("body")).to_have_attribute("data-complete", "false")
    assert shop.payment_intents.retrieve(intent.id) == intent


def test_a_press_is_heard_though_it_blames_a_field(page: Page, shop: Any, shop_pages: Shop) -> None:
    """Leaving the field shows what is wrong with it; the button stays under the finger."""
    shop_pages.script = shop_pages.script.replace('create("card")', 'create("payment")')
    page.goto(shop_pages.page(shop.payment_intents.create(order())))
    fill(page, "4242424242424242", cvc="12")
    page.get_by_role("button", name="Pay now").hover(position={"x": 8, "y": 3})
    page.mouse.down()
    problem = "Your card's security code is incomplete."
    expect(card_field(page).get_by_role("alert")).to_have_text(problem)
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 200)))")
    page.mouse.up()
    expect(page.get_by_role("status")).to_have_text(problem)


def test_the_field_offers_test_cards(browser: Browser, shop: Any, shop_pages: Shop) -> None:
    intent = shop.payment_intents.create(order())
    page = browser.new_page(color_scheme="dark", viewport={"width": 375, "height": 700})
    page.goto(shop_pages.page(intent))
    card = card_field(page)
    card.get_by_text("Test mode").click()
    card.get_by_role("button", name="4000 0000 0000 0002").click()
    expect(card.get_by_label("Card number")).to_have_value("4000 0000 0000 0002")
    picture(page, "dark")
    press_pay(page)
    expect(page.get_by_role("status")).to_have_text("Your card was declined.")
    page.close()


def test_the_card_number_never_reaches_the_shop(
    page: Page, shop: Any, shop_pages: Shop, sandbox: Sandbox
) -> None:
    sent: list[tuple[str, str]] = []
    page.on("request", lambda request: sent.append((request.url, request.post_data or "")))
    intent = shop.payment_intents.create(order())
    page.goto(shop_pages.page(intent))
    fill(page, "4242424242424242")
    press_pay(page)
    expect(page.get_by_role("status")).to_have_text("succeeded")
    holders = [url for url, body in sent if "4242424242424242" in url + body]
    assert holders == [f"{sandbox.url}/v1/payment_intents/{intent.id}/confirm"]
    assert page.evaluate("document.body.innerHTML").count("4242") == 0


def test_the_payment_element_and_a_named_card_pay_too(
    page: Page, shop: Any, shop_pages: Shop
) -> None:
    intents = [shop.payment_intents.create(order()) for _ in range(2)]
    page.goto(shop_pages.page(intents[0]))
    expect(page.locator("body")).to_have_attribute("data-ready", "yes")
    status = page.evaluate(
        """async ([key, secret]) => (await Stripe(key).confirmCardPayment(secret,
        { payment_method: "pm_card_visa" })).paymentIntent.status""",
        [PUBLIC_KEY, intents[1].client_secret],
    )
    assert status == "succeeded"
    page.evaluate(
        """([key, secret]) => {
        const stripe = Stripe(key);
        window.elements = stripe.elements({ clientSecret: secret });
        elements.create("payment").mount("#card");
        window.pay = () => stripe.confirmPayment({ elements, redirect: "if_required",
          confirmParams: { return_url: location.href } });
        }""",
        [PUBLIC_KEY, intents[0].client_secret],
    )
    fill(page, "5555555555554444")
    assert page.evaluate("pay().then((result) => result.paymentIntent.status)") == "succeeded"
    wait_for(lambda: shop.payment_intents.retrieve(intents[0].id).status == "succeeded")


def test_the_script_works_behind_a_prefix(
    browser: Browser, tmp_path: Path, shop_pages: Shop
) -> None:
    gateway = _Gateway()
    hidden = Sandbox(tmp_path, options=("--public-base", gateway.base)).start()
    gateway.target = hidden.port
    shop_pages.base = gateway.base
    shop = hidden.sdk()
    intent = shop.payment_intents.create(order())
    page = browser.new_page()
    page.goto(shop_pages.page(intent))
    fill(page, "4000000000003220")
    press_pay(page)
    page.frame_locator("dialog iframe").get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status")).to_have_text("succeeded")
    assert shop.payment_intents.retrieve(intent.id).status == "succeeded"
    assert all(path.startswith("/payments/sandbox/") for path in gateway.seen)
    page.close()
    gateway.shutdown()
    gateway.server_close()
    hidden.end()


class _Gateway(ThreadingHTTPServer):
    """Forwards /payments/sandbox/ with the prefix cut off."""

    daemon_threads = True
    target = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Forward)
        self.seen: list[str] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/payments/sandbox"


class _Forward(BaseHTTPRequestHandler):
    server: _Gateway

    def do_GET(self) -> None:
        self.server.seen.append(self.path)
        inner = http.client.HTTPConnection("127.0.0.1", self.server.target)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {"Content-Type": self.headers.get("Content-Type", "")} if body else {}
        inner.request(
            self.command, self.path.removeprefix("/payments/sandbox"), body or None, headers
        )
        answer = inner.getresponse()
        content = answer.read()
        inner.close()
        self.send_response(answer.status)
        for name in ("Content-Type", "Location", "Content-Security-Policy"):
            if answer.headers[name]:
                self.send_header(name, answer.headers[name])
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""
