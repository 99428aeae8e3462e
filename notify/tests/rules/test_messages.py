from datetime import timedelta

import pytest

from notify import rules
from notify.tests.conftest import NOW, TOTALS


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Hello\r\nBcc: eve@evil.example", "Hello Bcc: eve@evil.example"),
        ("a\u2028b\x85c\x00\x1b", "a b c"),
        ("  tea \t pot ", "tea pot"),
        ("x" * 500, "x" * 200),
        ("Grüße 🍵", "Grüße 🍵"),
    ],
)
def test_a_subject_is_one_printable_line(raw, clean):
    assert rules.clean_subject(raw) == clean


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 10), (1, 10), (2, 20), (4, 80), (99, 900)])
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(attempts, seconds):
    assert rules.next_attempt(attempts, NOW) - NOW == timedelta(seconds=seconds)


def test_a_mail_is_given_up_after_two_days():
    assert not rules.is_given_up(NOW, NOW + timedelta(days=2))
    assert rules.is_given_up(NOW, NOW + timedelta(days=2, seconds=1))


def test_amounts_of_nothing_are_left_out():
    assert rules.describe_totals(TOTALS) == {
        "subtotal": "€20.00",
        "shipping": "€4.90",
        "tax": "€3.98",
        "total": "€24.90",
    }
