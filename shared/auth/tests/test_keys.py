import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.auth import tokens
from shared.auth.keys import (
    MIN_SECONDS_BETWEEN_FETCHES,
    REFRESH_SECONDS,
    SECONDS_BETWEEN_REFRESHES_IN_VAIN,
    SECONDS_BETWEEN_SEARCHES_IN_VAIN,
    KeySet,
    _download,
    issuer_keys,
)
from shared.auth.tokens import InvalidToken, verify_access_token
from shared.testing.tokens import TestIssuer
from shared.testing.users import ALICE

OLD, NEW = TestIssuer("old"), TestIssuer("new")


def numbers(issuer):
    return issuer.private_key.public_key().public_numbers()


@pytest.fixture
def key_set(jwks, clock):
    jwks.publish(OLD)
    return KeySet(_download)


def test_it_fetches_a_key_once_and_remembers_it(key_set, jwks):
    found = [key_set.get("old") for _ in range(5)]

    assert {key.public_numbers() for key in found} == {numbers(OLD)}
    assert jwks.asked == 1


def test_a_rotated_key_is_found_by_its_kid(key_set, jwks, clock):
    key_set.get("old")
    jwks.publish(OLD, NEW)
    clock.now += MIN_SECONDS_BETWEEN_FETCHES

    assert key_set.get("new").public_numbers() == numbers(NEW)
    assert key_set.get("old").public_numbers() == numbers(OLD)
    assert jwks.asked == 2


def test_forged_kids_do_not_hammer_the_issuer(key_set, jwks, clock):
    key_set.get("old")

    assert [key_set.get(f"forged-{number}") for number in range(50)] == [None] * 50
    assert jwks.asked == 1
    clock.now += MIN_SECONDS_BETWEEN_FETCHES
    assert [key_set.get(f"forged-{number}") for number in range(50)] == [None] * 50
    assert jwks.asked == 2


def test_a_withdrawn_key_is_forgotten_after_a_while(key_set, jwks, clock):
    key_set.get("old")
    jwks.publish(NEW)
    assert key_set.get("old") is not None

    clock.now += REFRESH_SECONDS + 1

    assert key_set.get("old") is None


def test_known_keys_outlive_an_outage_of_the_issuer(key_set, jwks, clock):
    key_set.get("old")
    jwks.stop()

    clock.now += 10 * REFRESH_SECONDS

    assert key_set.get("old").public_numbers() == numbers(OLD)


def test_a_process_that_starts_in_the_outage_knows_the_keys_too(key_set, jwks):
    key_set.get("old")
    jwks.stop()

    assert KeySet(_download).get("old").public_numbers() == numbers(OLD)


def test_requests_do_not_wait_for_a_hanging_issuer_one_after_another(clock):
    """Each fetch takes two seconds and gives nothing."""
    document = json.loads(_document(OLD))
    tried = []

    def hang():
        tried.append(clock.now)
        clock.now += 2
        return document if len(tried) == 1 else None

    key_set = KeySet(hang)
    key_set.get("old")
    clock.now += REFRESH_SECONDS
    for _ in range(20):
        assert key_set.get("old") is not None
        clock.now += 1

    assert len(tried) == 2
    clock.now += SECONDS_BETWEEN_REFRESHES_IN_VAIN
    assert key_set.get("old") is not None
    assert len(tried) == 3


class HangingIssuer:
    """Answers when it is let."""

    def __init__(self, document=None):
        self.document, self.asked = document, 0
        self.asking, self.let = threading.Event(), threading.Event()

    def __call__(self):
        self.asked += 1
        self.asking.set()
        assert self.let.wait(20)
        return self.document


def test_known_keys_do_while_the_issuer_hangs(jwks, clock):
    jwks.publish(OLD)
    KeySet(_download).get("old")  # another process had them
    issuer = HangingIssuer(json.loads(_document(NEW)))
    key_set = KeySet(issuer, in_background=True)

    found = [key_set.get("old") for _ in range(5)]

    assert {key.public_numbers() for key in found} == {numbers(OLD)}
    assert issuer.asking.wait(10)
    assert issuer.asked == 1
    issuer.let.set()
    assert eventually(lambda: key_set.get("old") is None)
    assert key_set.get("new").public_numbers() == numbers(NEW)


def test_one_thread_waits_for_a_hanging_issuer_and_the_others_do_not(jwks):
    jwks.publish(OLD)
    KeySet(_download).get("old")
    issuer = HangingIssuer()
    key_set = KeySet(issuer, in_background=True)
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(key_set.get, "forged")
        assert issuer.asking.wait(10)
        others = [pool.submit(key_set.get, f"forged-{number}") for number in range(4)]
        known = pool.submit(key_set.get, "old")

        assert known.result(10).public_numbers() == numbers(OLD)
        assert [other.result(10) for other in others] == [None] * 4
        assert (first.done(), issuer.asked) == (False, 1)
        issuer.let.set()
        assert first.result(10) is None


def test_unknown_kids_ask_a_silent_issuer_seldom(jwks, clock):
    answers = [json.loads(_document(OLD)), None, json.loads(_document(NEW))]
    key_set = KeySet(lambda: answers.pop(0))
    key_set.get("old")
    clock.now += MIN_SECONDS_BETWEEN_FETCHES
    assert key_set.get("new") is None

    clock.now += MIN_SECONDS_BETWEEN_FETCHES
    assert (key_set.get("new"), len(answers)) == (None, 1)
    clock.now += SECONDS_BETWEEN_SEARCHES_IN_VAIN
    assert key_set.get("new").public_numbers() == numbers(NEW)


def eventually(look):
    deadline = time.time() + 10
    while not look():
        assert time.time() < deadline
        time.sleep(0.01)
    return True


def _document(issuer):
    from shared.auth.tests.conftest import jwk

    return json.dumps({"keys": [jwk(issuer)]})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"[]",
        b"{}",
        b'{"keys": []}',
        b'{"keys": 7}',
        b'{"keys": [{"kty": "RSA", "kid": "old", "n": "x"}]}',
        b'{"keys": [{"kty": "oct", "kid": "old", "k": "c2VjcmV0"}]}',
    ],
)
def test_an_answer_that_is_no_key_set_changes_nothing(key_set, jwks, clock, body):
    key_set.get("old")
    jwks.body = body
    clock.now += REFRESH_SECONDS + 1

    assert key_set.get("old").public_numbers() == numbers(OLD)
    jwks.stop()
    assert KeySet(_download).get("old").public_numbers() == numbers(OLD)


def test_a_token_is_verified_by_the_key_that_the_issuer_publishes(jwks, monkeypatch):
    monkeypatch.setattr(tokens, "issuer_keys", issuer_keys)
    issuer_keys.cache_clear()
    jwks.publish(OLD)
    try:
        assert verify_access_token(OLD.access_token(ALICE)).email == ALICE.email
        with pytest.raises(InvalidToken):
            verify_access_token(NEW.access_token(ALICE))
        with pytest.raises(InvalidToken):
            verify_access_token(TestIssuer("old").access_token(ALICE))
    finally:
        issuer_keys.cache_clear()
