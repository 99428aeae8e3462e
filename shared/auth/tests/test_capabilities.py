from uuid import UUID

from shared.auth.capabilities import holds_capability, mint_capability
from shared.events.ids import uuid7

ORDER = UUID("00000000-0000-7000-8000-0000000000aa")


def test_the_token_of_a_resource_opens_it():
    token = mint_capability("order", ORDER)

    assert holds_capability("order", ORDER, token)
    assert holds_capability("order", str(ORDER), token)
    assert (len(token), token.isascii(), "=" in token) == (43, True, False)


def test_it_opens_nothing_else():
    token = mint_capability("order", ORDER)

    assert not holds_capability("order", uuid7(), token)
    assert not holds_capability("cart", ORDER, token)
    assert mint_capability("order", "1x") != mint_capability("order1", "x")


def test_what_is_no_token_opens_nothing():
    token = mint_capability("order", ORDER)

    for wrong in (None, "", "x", token[:-1], token + "A", token.swapcase(), "€" * 43):
        assert not holds_capability("order", ORDER, wrong)


def test_another_key_mints_other_tokens(settings):
    token = mint_capability("order", ORDER)
    settings.CAPABILITY_KEY = "another key"

    assert not holds_capability("order", ORDER, token)
