"""Nobody is sent to another site by a link to the shop."""

from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests.hostile.browsers import EVIL_HOST, Browser, ask_by_path

TARGETS = (
    f"https://{EVIL_HOST}/",
    f"//{EVIL_HOST}/",
    f"///{EVIL_HOST}/",
    f"/\\{EVIL_HOST}/",
    f"\\\\{EVIL_HOST}/",
    f"https:{EVIL_HOST}",
    f"/\t/{EVIL_HOST}/",
    f"http://127.0.0.1@{EVIL_HOST}/",
    f"http://127.0.0.1:8000.{EVIL_HOST}/",
    "javascript:alert(1)",
    "data:text/html,x",
    f"/users/profile/\r\nLocation: http://{EVIL_HOST}/",
)


def assert_stays(shop, answer):
    location = answer.headers.get("Location")
    assert answer.status_code < 500
    assert location is None or urlsplit(urljoin(shop.url, location)).netloc == (
        urlsplit(shop.url).netloc
    ), location
    assert location is None or "\\" not in location


@pytest.mark.parametrize("target", TARGETS)
def test_a_page_that_leads_on_stays_in_the_shop(shop, alice, stranger, target):
    quoted = str(httpx.QueryParams({"next": target}))
    paths = (
        "/users/login/",
        "/users/signup/",
        "/users/logout/",
        "/users/profile/",
        "/users/password/change/",
        "/users/email/",
        "/orders/",
        "/cart/",
        "/reviews/new/",
        "/notify/preferences/",
        "/orders/admin/login/",
        "/users/admin/login/",
        "/admin/",
    )
    for browser in (stranger, alice):
        for path in paths:
            answer = browser.get(f"{path}?{quoted}")
            assert_stays(shop, answer)
            assert 'href="javascript:' not in answer.text


def test_signing_in_leads_to_no_other_site(shop):
    email = shop.newcomer().email
    for target in TARGETS[:8]:
        answer = Browser(shop.url).sign_in(email, next=target)
        assert_stays(shop, answer)


def test_forms_that_lead_back_stay_in_the_shop(shop, stranger, thing):
    for target in TARGETS:
        form = {"sku": thing["sku"], "quantity": "1", "next": target}
        assert_stays(shop, stranger.post("/cart/items/", form, Referer=f"http://{EVIL_HOST}/"))


@pytest.mark.parametrize(
    "target",
    [
        f"//{EVIL_HOST}/..",
        f"/catalog//{EVIL_HOST}",
        f"/%5c{EVIL_HOST}/..",
        "/catalog%0d%0aX:1",
        f"//{EVIL_HOST}/catalog",
        f"/.{EVIL_HOST}",
        "/docs/api",
    ],
)
def test_a_missing_slash_leads_to_no_other_site(shop, target):
    answer = ask_by_path(shop.url, target)
    assert_stays(shop, answer)
    assert "X" not in answer.headers
