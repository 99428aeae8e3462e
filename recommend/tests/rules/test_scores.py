from math import sqrt

import pytest

from recommend.rules import SHRINKAGE, score_one, strongest, weight


def test_pairs_are_counted_by_hand():
    baskets = [({"tea", "pot"}, 1.0), ({"tea", "pot"}, 1.0), ({"tea", "cup"}, 1.0), ({"tea"}, 1.0)]

    scored = score_one(
        "tea", ((frozenset(things), w) for things, w in baskets), {"tea": 4, "pot": 2, "cup": 1}
    )

    assert {other: how.together for other, how in scored.items()} == {"pot": 2, "cup": 1}
    expected = 2 / sqrt(4 * 2) * 2 / (2 + SHRINKAGE)
    assert scored["pot"].score == pytest.approx(expected)


def test_a_basket_counts_half_after_its_half_life():
    assert weight(0) == 1
    assert weight(90) == pytest.approx(0.5)
    assert weight(-5) == 1


def test_the_strongest_come_first_and_the_rest_is_cut():
    scored = score_one(
        "a",
        ((frozenset(x), 1.0) for x in ({"a", "b"}, {"a", "b"}, {"a", "c"}, {"a", "d"})),
        {"a": 4, "b": 2, "c": 1, "d": 1},
    )

    assert [other for other, _ in strongest(scored, 2)] == ["b", "c"]
