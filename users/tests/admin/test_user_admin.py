import pytest
from django.utils import timezone

from shared.contracts.users import UserChanged
from shared.events.models import OutboxMessage
from shared.testing.events import published, published_names
from users import operations
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


@pytest.mark.parametrize("wish", [{"is_active": "on"}, {"roles": ["owner"]}])
def test_nobody_brings_an_erased_account_back(browser, account, wish):
    alice = account()
    otto = browser("otto@souk.example", ["owner"])
    operations.erase_account(user_id=alice.pk, now=timezone.now())
    OutboxMessage.objects.all().delete()

    inline = {f"addresses-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    answer = otto.post(f"/users/admin/users/user/{alice.pk}/change/", {**wish, **inline})

    assert "This account was erased" in answer.text
    alice.refresh_from_db()
    assert (alice.is_active, alice.roles) == (False, [])
    assert published_names() == []


def test_an_owner_shuts_somebody_out_and_lets_them_in_again(browser, account):
    alice = account()
    otto = browser("otto@souk.example", ["owner"])
    inline = {f"addresses-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    for wish in ({}, {"is_active": "on"}):
        otto.post(f"/users/admin/users/user/{alice.pk}/change/", {**wish, **inline})
        alice.refresh_from_db()
        assert alice.is_active == bool(wish)

    assert alice.token_generation == 1
