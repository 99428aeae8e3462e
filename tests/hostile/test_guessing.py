"""Guessing: the same answer and the same work whether or not there is such an account."""

import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx

from tests.hostile.browsers import Browser

TOKEN = "/users/api/v1/token/"


def guess(shop, email, password="wrong-password-1"):
    return httpx.post(shop.url + TOKEN, json={"email": email, "password": password}, timeout=30)


def nobody():
    return f"nobody-{uuid4().hex[:10]}@souk.example"


def without_own_words(answer, email):
    """The page without what differs by itself: the address, tokens and numbers of requests."""
    text = answer.text.replace(email, "EMAIL")
    return re.sub(r'(value=")[A-Za-z0-9]{32,64}"|"request_id": ?"\w+"', "", text)


def test_a_wrong_password_and_an_unknown_account_are_answered_alike(shop):
    alice, unknown = shop.newcomer().email, nobody()
    known, other = guess(shop, alice), guess(shop, unknown)

    assert known.status_code == other.status_code == 401
    assert without_own_words(known, alice) == without_own_words(other, unknown)


def test_the_pages_answer_alike(shop):
    alice, unknown = shop.newcomer().email, nobody()
    for path, field in (("/users/login/", "login"), ("/users/password/reset/", "email")):
        told = []
        for email in (alice, unknown):
            answer = Browser(shop.url).post(path, {field: email, "password": "wrong-password-1"})
            told.append(
                (
                    answer.status_code,
                    answer.headers.get("Location"),
                    without_own_words(answer, email),
                )
            )
        assert told[0] == told[1], path


def test_an_unknown_account_costs_as_much_time(shop):
    people = [shop.newcomer().email for _ in range(3)]
    known, unknown = [], []
    for _ in range(4):
        for email in people:
            known.append(seconds(shop, email))
            unknown.append(seconds(shop, nobody()))

    ratio = statistics.median(known) / statistics.median(unknown)
    assert 0.5 < ratio < 2, ratio


def seconds(shop, email):
    began = time.perf_counter()
    assert guess(shop, email).status_code == 401
    return time.perf_counter() - began


def test_guesses_at_one_account_are_numbered_and_the_rest_of_the_shop_is_not_hindered(shop):
    alice, bob = shop.newcomer(), shop.newcomer()
    answers = [guess(shop, alice.email).status_code for _ in range(10)]

    assert answers == [401] * 8 + [429] * 2
    assert guess(shop, alice.email.upper()).status_code == 429
    assert guess(shop, alice.email, "sesame-open-1").status_code == 429
    assert guess(shop, bob.email, "sesame-open-1").status_code == 200
    assert alice.ask("GET", "/users/api/v1/me/").status_code == 200


def test_guesses_that_come_together_are_numbered_too(shop):
    alice = shop.newcomer()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: guess(shop, alice.email).status_code, range(40)))

    assert answers.count(401) == 8
    assert answers.count(429) == 32
    assert guess(shop, alice.email, "sesame-open-1").status_code == 429
