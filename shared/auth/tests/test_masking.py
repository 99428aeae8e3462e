from pathlib import Path

import pytest

from shared.auth.masking import MAILED_PATHS, mask_secrets, masked

ROOT = Path(__file__).resolve().parents[3]

TOKEN = "order.0a1b2c3d.20270301.Qm9i_-x"


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        (f"https://s/orders/1/?token={TOKEN}", "https://s/orders/1/?token=…"),
        (f'<a href="/orders/1/?a=1&amp;token={TOKEN}">', '<a href="/orders/1/?a=1&amp;token=…">'),
        (
            "http://s/users/password/reset/key/1g-abc-0f/ now",
            "http://s/users/password/reset/key/… now",
        ),
        ("/users/confirm-email/MQ:abc:def/", "/users/confirm-email/…"),
        ("/users/erase/confirm/WyIwM:1x:y-Z/", "/users/erase/confirm/…"),
    ],
)
def test_secrets_in_links_are_masked(link, shown):
    assert mask_secrets(f"See {link}\nBye") == f"See {shown}\nBye"


def test_other_words_stay():
    text = "The order 1000 was paid. See https://s/orders/1/?page=2"

    assert mask_secrets(text) == text


def test_json_is_masked_wherever_a_secret_stands():
    value = {
        "payload": {"body_text": "Your code is 123456", "recipient": "alice@souk.example"},
        "links": [f"/orders/1/?token={TOKEN}", 7, None],
    }

    assert masked(value) == {
        "payload": {"body_text": "…", "recipient": "alice@souk.example"},
        "links": ["/orders/1/?token=…", 7, None],
    }


def test_the_gateways_log_leaves_out_the_same_keys():
    template = ROOT / "gateway-nginx" / "conf.d" / "logging.conf.template"

    assert f'"~^(?<mail_link>{MAILED_PATHS})" "$mail_link..."' in template.read_text()
