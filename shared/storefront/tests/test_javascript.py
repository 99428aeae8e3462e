"""souk.js in a real browser, under the shop's Content-Security-Policy."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

STATIC = Path(__file__).resolve().parents[1] / "static" / "storefront"
CSP = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'"
HEAD = (
    '<!doctype html><html lang="en"><title>t</title><link rel="stylesheet" href="/souk.css">'
    '<link rel="stylesheet" href="/shop.css"><script src="/souk.js" defer></script>'
)


class Shop(ThreadingHTTPServer):
    """One page whose body a test chooses, a live stream, a fragment, and a record of the posts."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.body = ""
        self.fragment = ""
        self.listening = threading.Event()
        self.changed = threading.Event()
        self.posted: list[str] = []
        self.may_answer = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/stream":
            return self.stream()
        file = STATIC / path[1:]
        if path != "/" and file.is_file():
            kind = {".css": "text/css", ".js": "text/javascript"}[file.suffix]
            return self.answer(file.read_bytes(), kind)
        text = {"/": HEAD + self.server.body, "/fragment": self.server.fragment}.get(path, "<p>x")
        return self.answer(text.encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.posted.append(body)
        self.server.may_answer.wait(10)
        self.answer(b"<p>done", "text/html")

    def stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b": hello\n\n")
        self.server.listening.set()
        self.server.changed.wait(10)
        self.wfile.write(b"event: order\ndata: {}\n\n")

    def answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", CSP)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def shop() -> Iterator[Shop]:
    server = Shop()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.changed.set()
    server.may_answer.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser, shop: Shop) -> Iterator[Page]:
    page = browser.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    page.close()
    assert problems == []


QUANTITY = (
    '<form method="post" action="/cart"><div class="quantity">'
    '<input id="q" type="number" name="q" value="1" min="1" max="3" {}></div>'
    "<button>Go</button></form>"
)


def test_a_quantity_is_stepped_between_its_bounds(page, shop):
    shop.body = QUANTITY.format("")
    page.goto(shop.url)
    more, less = page.get_by_label("One more"), page.get_by_label("One less")
    expect(less).to_be_disabled()
    more.click()
    more.click()
    expect(page.locator("#q")).to_have_value("3")
    expect(more).to_be_disabled()
    expect(less).to_be_enabled()


def test_a_quantity_that_submits_itself_is_sent_once_where_it_rests(page, shop):
    shop.body = QUANTITY.format("data-autosubmit")
    shop.may_answer.set()
    page.goto(shop.url)
    expect(page.get_by_text("Go")).to_be_hidden()
    page.get_by_label("One more").click()
    page.get_by_label("One more").click()
    expect(page.get_by_text("done")).to_be_visible()
    assert shop.posted == ["q=3"]


def test_a_form_is_not_sent_twice(page, shop):
    shop.body = '<form method="post" action="/pay"><button name="b" value="1">Pay</button></form>'
    page.goto(shop.url)
    shop.may_answer.set()
    page.evaluate("const b = document.querySelector('button'); b.click(); b.click(); b.click()")
    expect(page.get_by_text("done")).to_be_visible()
    assert shop.posted == ["b=1"]


def test_a_dangerous_form_asks_first(page, shop):
    shop.may_answer.set()
    shop.body = (
        '<form method="post" action="/x" data-confirm="Cancel this order?"><button>Cancel</button>'
    )
    page.goto(shop.url)
    answers = [False, True]
    page.on("dialog", lambda dialog: dialog.accept() if answers.pop(0) else dialog.dismiss())
    page.get_by_role("button").click()
    expect(page.get_by_role("button")).to_be_enabled()
    assert shop.posted == []
    page.get_by_role("button").click()
    expect(page.get_by_text("done")).to_be_visible()
    assert len(shop.posted) == 1


def test_a_select_submits_its_form(page, shop):
    shop.body = (
        '<form action="/list"><select name="o" data-autosubmit><option>a<option>b</select></form>'
    )
    page.goto(shop.url)
    page.select_option("select", "b")
    page.wait_for_url("**/list?o=b")


def test_a_live_region_shows_the_fragment_when_the_server_says_so(page, shop):
    shop.body = (
        '<div data-live-url="/stream" data-live-fragment="/fragment" data-live-events="order">'
        "<p>Awaiting payment</p></div>"
    )
    shop.fragment = "<p>Paid</p><script>document.title = 'run'</script>"
    page.goto(shop.url)
    assert shop.listening.wait(10)
    expect(page.get_by_text("Awaiting payment")).to_be_visible()
    shop.changed.set()
    expect(page.get_by_text("Paid")).to_be_visible()
    expect(page.get_by_text("Awaiting payment")).to_have_count(0)
    assert page.title() == "t"
    assert page.locator("[data-live-url]").get_attribute("aria-live") == "polite"


def test_a_dropdown_closes_on_escape_and_elsewhere(page, shop):
    shop.body = (
        '<details class="dropdown"><summary>Alice</summary><div class="dropdown__panel">'
        '<a href="/orders/">Orders</a></div></details><p>elsewhere</p>'
    )
    page.goto(shop.url)
    orders = page.get_by_role("link", name="Orders")
    page.get_by_text("Alice").click()
    expect(orders).to_be_visible()
    page.keyboard.press("Escape")
    expect(orders).to_be_hidden()
    expect(page.locator("summary")).to_be_focused()
    page.get_by_text("Alice").click()
    expect(orders).to_be_visible()
    page.mouse.click(600, 500)
    expect(orders).to_be_hidden()


def test_a_thumbnail_shows_its_picture_in_place(page, shop):
    shop.body = (
        '<div class="gallery"><img src="/1.jpg" alt="Front"><ul class="gallery__thumbs">'
        '<li><a href="/2.jpg"><img src="/2s.jpg" alt="Back"></a></ul></div>'
    )
    page.goto(shop.url)
    page.locator(".gallery__thumbs a").click()
    expect(page.locator(".gallery > img")).to_have_attribute("alt", "Back")
    assert page.locator(".gallery > img").get_attribute("src") == f"{shop.url}2.jpg"
    assert page.url == shop.url
