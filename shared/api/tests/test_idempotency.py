from types import SimpleNamespace
from uuid import UUID

import pytest

from shared.api.idempotency import HEADER, IdempotencyKeyRequired, find_key, name_effect, read_key

ORDER, OTHER = UUID(int=1), UUID(int=2)


def ask(**headers):
    return SimpleNamespace(headers=headers)


@pytest.mark.parametrize("key", ["k", "k" * 100, "a key of é"])
def test_it_reads_a_key(key):
    request = ask(**{HEADER: key})

    assert read_key(request) == find_key(request) == key


@pytest.mark.parametrize("read", [read_key, find_key])
@pytest.mark.parametrize("key", ["", "k" * 101, "a\x00b", "a\tb", "a\x80"])
def test_it_refuses_a_senseless_key(read, key):
    with pytest.raises(IdempotencyKeyRequired):
        read(ask(**{HEADER: key}))


def test_only_some_need_one():
    assert find_key(ask()) is None
    with pytest.raises(IdempotencyKeyRequired):
        read_key(ask())


def test_a_key_names_one_effect_of_a_kind_in_its_scope():
    name = name_effect(ORDER, "refund", "k")

    assert name == name_effect(ORDER, "refund", "k")
    others = [(OTHER, "refund", "k"), (ORDER, "return", "k"), (ORDER, "refund", "l")]
    assert len({name, *(name_effect(*other) for other in others)}) == 4
    assert name_effect(ORDER, "refund", None) is None
