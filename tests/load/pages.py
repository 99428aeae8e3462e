"""The same purchase by pages: forms, cookies and redirects, as a browser without JavaScript."""

import random
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.load.buying import ADDRESS, Purchase, Whims
from tests.load.client import UNANSWERED, Api
from tests.load.journal import Journal

HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
ATTRIBUTE = re.compile(r'(name|value)="([^"]*)"')


class Browser:
    """A person's cookies, and pages judged by whether the shop could answer."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def open(self, path: str, *, name: str) -> Any:
        return self._judge("GET", path, name=name)

    def send(self, path: str, form: dict[str, str], *, name: str) -> Any:
        return self._judge("POST", path, name=name, data=form)

    def _judge(self, method: str, path: str, **options: Any) -> Any:
        with self._session.request(
            method,
            path,
            catch_response=True,
            allow_redirects=False,
            headers={"Accept": "text/html"},
            **options,
        ) as answer:
            if answer.status_code in UNANSWERED:
                answer.failure(f"{answer.status_code} {answer.error or ''}".strip())
            else:
                answer.success()
        return answer


def hidden_fields(html: str) -> dict[str, str]:
    """The hidden inputs of a page, CSRF token included."""
    fields = [dict(ATTRIBUTE.findall(tag)) for tag in HIDDEN.findall(html)]
    return {field["name"]: field.get("value", "") for field in fields if "name" in field}


def buy(
    session: Any,
    api: Api,
    journal: Journal,
    dice: random.Random,
    product: dict[str, str],
    email: str,
) -> str:
    """Product page, cart, checkout, order page; then pays. The order's last status, or "" when a
    page on the way did not come: a person would try again later."""
    browser = Browser(session)
    page = browser.open(f"/catalog/products/{product['slug']}/", name="page product")
    form = {**hidden_fields(page.text or ""), "sku": product["sku"], "quantity": "1"}
    if browser.send("/cart/items/", form, name="page add to cart").status_code != 303:
        return ""
    browser.open("/cart/", name="page cart")
    page = browser.open("/cart/checkout/", name="page checkout")
    form = {**hidden_fields(page.text or ""), **ADDRESS, "email": email}
    answer = browser.send(
        "/cart/checkout/", {**form, "shipping_method": "standard"}, name="page place order"
    )
    order = urlsplit(answer.headers.get("Location", "")) if answer.status_code == 303 else None
    if order is None or not order.path.startswith("/orders/"):
        return ""
    return _pay(browser, api, journal, dice, order, form.get("key", ""), email)


def _pay(
    browser: Browser,
    api: Api,
    journal: Journal,
    dice: random.Random,
    order: Any,
    key: str,
    email: str,
) -> str:
    purchase = Purchase(api, journal, dice, email)
    purchase.order_id = order.path.strip("/").split("/")[1]
    purchase.token = parse_qs(order.query).get("token", [""])[0]
    journal.write(
        "checkout", key=key, order_id=purchase.order_id, token=purchase.token, email=email
    )
    browser.open(f"{order.path}?{order.query}", name="page order")
    status = purchase.await_status("awaiting_payment", "cancelled")
    if status != "awaiting_payment":
        return status
    browser.open(f"/payments/{purchase.order_id}/?{order.query}", name="page payment")
    return purchase.settle(Whims(decline=0, cancel_paid=0.03))
