import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.auth.capabilities import (
    LIFETIME,
    UNDATED_UNTIL,
    holds_capability,
    may_await_order,
    mint_capability,
    read_order_token,
)
from shared.events.ids import uuid7

ORDER = UUID("00000000-0000-7000-8000-0000000000aa")
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def test_the_token_of_a_resource_opens_it():
    token = mint_capability("order", ORDER)

    assert holds_capability("order", ORDER, token)
    assert holds_capability("order", str(ORDER), token)
    assert (token.isascii(), "=" in token, len(token) < 80) == (True, False, True)


def test_it_says_what_for_by_which_key_and_until_when(settings):
    kind, key, last_day, signature = mint_capability("order", ORDER, now=NOW).split(".")

    assert (kind, last_day, len(signature)) == ("order", "20270301", 43)
    settings.CAPABILITY_KEY = "another key"
    assert mint_capability("order", ORDER, now=NOW).split(".")[1] != key


def test_it_is_the_same_for_a_day(settings):
    tokens = {mint_capability("order", ORDER, now=NOW + timedelta(hours=h)) for h in (0, 11, 12)}

    assert len(tokens) == 2


def test_it_opens_nothing_else():
    token = mint_capability("order", ORDER)

    assert not holds_capability("order", uuid7(), token)
    assert not holds_capability("cart", ORDER, token)
    assert mint_capability("order", "1x") != mint_capability("order1", "x")


def test_what_is_no_token_opens_nothing():
    token = mint_capability("order", ORDER)

    wrongs = (None, "", "x", token[:-1], token + "A", token.swapcase(), "€" * 43, "order...", ".")
    for wrong in wrongs:
        assert not holds_capability("order", ORDER, wrong)


def test_it_ends_after_its_last_day():
    token = mint_capability("order", ORDER, now=NOW)

    assert holds_capability("order", ORDER, token, now=NOW + LIFETIME)
    assert not holds_capability("order", ORDER, token, now=NOW + LIFETIME + timedelta(days=1))


def test_nobody_prolongs_it():
    head, _, signature = mint_capability("order", ORDER, now=NOW).rpartition(".")
    longer = f"{head[:-8]}20991231.{signature}"

    assert not holds_capability("order", ORDER, longer, now=NOW)


def test_a_previous_key_still_opens_and_mints_nothing(settings):
    old_key, old = settings.CAPABILITY_KEY, mint_capability("order", ORDER)
    settings.CAPABILITY_KEY = "another key"
    assert not holds_capability("order", ORDER, old)

    settings.CAPABILITY_PREVIOUS_KEYS = [old_key]

    assert holds_capability("order", ORDER, old)
    assert mint_capability("order", ORDER) != old


def undated(key, kind="order", resource_id=ORDER):
    """As they were made before they had a key id and an end."""
    message = f"{len(kind)}:{kind}{resource_id}".encode()
    digest = hmac.new(key.encode(), message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.mark.parametrize(("days", "opens"), [(-30, True), (0, True), (1, False)])
def test_undated_tokens_open_until_their_last_day(settings, days, opens):
    last = datetime.combine(UNDATED_UNTIL, datetime.min.time(), UTC)

    token = undated(settings.CAPABILITY_KEY)

    assert holds_capability("order", ORDER, token, now=last + timedelta(days=days)) is opens
    assert not holds_capability("order", uuid7(), token, now=NOW)


@pytest.mark.parametrize("sent", [{"headers": {"X-Order-Token": "t"}}, {"QUERY_STRING": "token=t"}])
def test_a_request_brings_the_token_of_an_order_in_a_header_or_a_link(rf, sent):
    assert read_order_token(rf.get("/", **sent)) == "t"
    assert read_order_token(rf.get("/")) == ""


def test_an_order_is_awaited_for_minutes_by_whoever_may_own_it():
    order_id = uuid7()
    token, minute = mint_capability("order", order_id), timedelta(minutes=1)
    now = datetime.now(UTC)

    assert may_await_order(order_id, None, token, now)
    assert not may_await_order(order_id, None, "", now)
    assert not may_await_order(order_id, None, token, now + 31 * minute)
    assert not may_await_order(order_id, None, token, now - 2 * minute)
    assert not may_await_order(ORDER, None, mint_capability("order", ORDER), now)
