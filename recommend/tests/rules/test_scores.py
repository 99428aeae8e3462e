from math import sqrt

import pytest

from recommend.rules import SHRINKAGE, score_pairs, strongest, weight


def test_pairs_are_counted_by_hand():
    baskets = [({"tea", "pot"}, 1.0), ({"tea", "pot"}, 1.0), ({"tea", "cup"}, 1.0), ({"tea"}, 1.0)]

    pairs = score_pairs((frozenset(things), w) for things, w in baskets)

    assert {pair: scored.together for pair, scored in pairs.items()} == {
        ("tea", "pot"): 2,
        ("pot", "tea"): 2,
        ("tea", "cup"): 1,
        ("cup", "tea"): 1,
    }
    expected = 2 / sqrt(4 * 2) * 2 / (2 + SHRINKAGE)
    assert pairs["tea", "pot"].score == pytest.approx(expected)


def test_a_basket_counts_half_after_its_half_life():
    assert weight(0) == 1
    assert weight(90) == pytest.approx(0.5)
    assert weight(-5) == 1


def test_the_strongest_come_first_and_the_rest_is_cut():
    pairs = score_pairs(
        (frozenset(x), 1.0) for x in ({"a", "b"}, {"a", "b"}, {"a", "c"}, {"a", "d"})
    )

    ranked = strongest(pairs, 2)

    assert [other for other, _ in ranked["a"]] == ["b", "c"]
