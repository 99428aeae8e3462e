import pytest

from shared.contracts.users import UserChanged
from shared.testing.events import published
from users.models import SigningKey
from users.tests.api.test_tokens import bearer, sign_in

pytestmark = pytest.mark.django_db


def test_an_owner_makes_somebody_staff(browser, account):
    alice = account()
    otto = browser("otto@souk.example", ["owner"])
    url = f"/users/admin/users/user/{alice.pk}/change/"
    assert otto.get(url).status_code == 200

    form = {"roles": ["fulfilment"], "is_active": "on"}
    inline = {f"addresses-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    otto.post(url, {**form, **inline})

    alice.refresh_from_db()
    assert alice.roles == ["fulfilment"]
    assert [fact.user_id for fact in published(UserChanged)] == [alice.pk]


def test_support_looks_and_changes_nothing(browser, account):
    alice = account()
    mia = browser("mia@souk.example", ["support"])

    mia.post(f"/users/admin/users/user/{alice.pk}/change/", {"roles": ["owner"]})

    alice.refresh_from_db()
    assert alice.roles == []


def test_an_owner_rotates_the_key(browser):
    otto = browser("otto@souk.example", ["owner"])
    otto.get("/users/.well-known/jwks.json")
    old = SigningKey.objects.get()

    otto.post(
        "/users/admin/users/signingkey/",
        {"action": "rotate", "_selected_action": [old.kid]},
    )

    assert SigningKey.objects.count() == 2


def test_a_shopper_is_kept_out(account):
    account()
    alice = bearer(sign_in().json()["access"])

    assert alice.get("/users/admin/", follow=True).status_code == 403
