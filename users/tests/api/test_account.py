import pytest
from rest_framework.test import APIClient

from shared.contracts.users import MailRequested, UserChanged, UserDeleted, UserRegistered
from shared.testing.events import published, published_names
from users.models import Address, User
from users.tests.api.test_tokens import V1, bearer, sign_in
from users.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
ADDRESS = {
    "name": "Alice",
    "line1": "Long Street 1",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
}


def register(**body):
    return APIClient().post(V1 + "register/", body)


@pytest.fixture
def alice(account):
    account()
    return bearer(sign_in().json()["access"])


def test_registering_makes_an_account_and_tells():
    answer = register(email="Alice@Souk.example", password=PASSWORD)

    assert answer.status_code == 201
    assert answer.json()["email"] == "alice@souk.example"
    (fact,) = published(UserRegistered)
    assert str(fact.user_id) == answer.json()["id"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"email": "alice@souk.example", "password": "short"}, "invalid_input"),
        ({"email": "alice@souk.example", "password": "password"}, "invalid_input"),
        ({"email": "alice@souk.example", "password": "1234567890"}, "invalid_input"),
        ({"email": "nobody", "password": PASSWORD}, "invalid_input"),
        ({"password": PASSWORD}, "invalid_input"),
        ({}, "invalid_input"),
    ],
)
def test_bad_registrations_are_refused(body, code):
    answer = register(**body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not User.objects.exists()
    assert published_names() == []


def test_an_address_has_one_account(account):
    account()

    answer = register(email="ALICE@souk.example", password=PASSWORD)

    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert published_names() == []


def test_nobody_makes_themselves_staff(alice):
    answer = alice.patch(V1 + "me/", {"roles": ["owner"], "email": "x@souk.example", "name": "A"})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert set(answer.json()["errors"]) == {"roles", "email"}
    user = User.objects.get()
    assert (user.roles, user.email, user.name) == ([], "alice@souk.example", "")
    assert published_names() == []


def test_a_changed_name_is_told_once(alice):
    for _ in range(2):
        assert alice.patch(V1 + "me/", {"name": "Alice"}).json()["name"] == "Alice"

    assert [fact.display_name for fact in published(UserChanged)] == ["Alice"]


def test_the_address_book_has_one_first_address(alice):
    one = alice.post(V1 + "me/addresses/", {**ADDRESS, "is_default": True}).json()
    two = alice.post(V1 + "me/addresses/", {**ADDRESS, "is_default": True}).json()

    book = alice.get(V1 + "me/addresses/").json()
    assert [(entry["id"], entry["is_default"]) for entry in book] == [
        (two["id"], True),
        (one["id"], False),
    ]
    url = V1 + f"me/addresses/{one['id']}/"
    assert alice.patch(url, {"city": "Bonn"}).json()["city"] == "Bonn"
    assert alice.delete(url, {"city": "Bonn"}).status_code == 400
    assert alice.delete(url).status_code == 204


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"country": "XX"}, "country"),
        ({"postal_code": "99"}, "postal_code"),
        ({"city": ""}, "city"),
        ({"phone": "hallo"}, "phone"),
        ({"country": "US", "postal_code": "94016"}, "region"),
    ],
)
def test_an_address_that_the_post_would_not_deliver_is_refused(alice, changes, field):
    refused = alice.post(V1 + "me/addresses/", {**ADDRESS, **changes})
    assert (refused.status_code, set(refused.json()["errors"])) == (400, {field})
    assert not Address.objects.exists()

    kept = alice.post(V1 + "me/addresses/", ADDRESS).json()
    refused = alice.patch(f"{V1}me/addresses/{kept['id']}/", changes)
    assert (refused.status_code, set(refused.json()["errors"])) == (400, {field})
    assert Address.objects.get().postal_code == ADDRESS["postal_code"]


def test_a_country_may_be_written_small(alice):
    made = alice.post(V1 + "me/addresses/", {**ADDRESS, "country": "de"})

    assert (made.status_code, made.json()["country"]) == (201, "DE")


def test_a_country_without_postal_codes_needs_none(alice):
    home = {**ADDRESS, "country": "HK", "region": "Kowloon", "postal_code": "", "city": ""}

    assert alice.post(V1 + "me/addresses/", home).status_code == 201


def test_bob_does_not_touch_alices_addresses(alice, account):
    one = alice.post(V1 + "me/addresses/", ADDRESS).json()
    account("bob@souk.example")
    bob = bearer(sign_in("bob@souk.example").json()["access"])
    url = V1 + f"me/addresses/{one['id']}/"

    for answer in (bob.patch(url, {"city": "Bonn"}), bob.delete(url)):
        assert (answer.status_code, answer.json()["code"]) == (404, "address_not_found")

    assert Address.objects.get().city == "Berlin"


def test_the_export_has_everything(alice):
    alice.post(V1 + "me/addresses/", ADDRESS)

    body = alice.get(V1 + "me/export/").json()

    assert body["email"] == "alice@souk.example"
    assert body["addresses"][0]["city"] == "Berlin"
    assert (body["complete"], body["services"], body["requested_at"]) == (False, {}, None)
    assert published_names() == []


def test_an_erased_person_is_gone_and_everybody_hears(alice):
    alice.post(V1 + "me/addresses/", ADDRESS)

    assert alice.delete(V1 + "me/", {"password": PASSWORD}).status_code == 204

    user = User.objects.get()
    assert (user.name, user.is_active, user.addresses.count()) == ("", False, 0)
    assert "alice" not in user.email
    assert [fact.user_id for fact in published(UserDeleted)] == [user.pk]
    assert sign_in().status_code == 401


@pytest.mark.parametrize("body", [{}, {"password": ""}, {"password": "wrong"}])
def test_a_token_alone_erases_nobody(alice, body):
    answer = alice.delete(V1 + "me/", body)

    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_password")
    assert User.objects.get().is_active
    assert published_names() == []


def test_nobody_guesses_the_password_by_erasing(alice, settings):
    for _ in range(settings.LOGIN_FAILURES):
        alice.delete(V1 + "me/", {"password": "wrong"})

    answer = alice.delete(V1 + "me/", {"password": PASSWORD})

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert User.objects.get().is_active


def test_an_account_without_a_password_is_sent_a_link(alice):
    User.objects.update(password="!")

    answer = alice.delete(V1 + "me/", {"password": PASSWORD})

    assert (answer.status_code, answer.json()["code"]) == (403, "confirmation_by_mail")
    (mail,) = published(MailRequested)
    assert mail.recipient == "alice@souk.example"
    assert "/users/erase/confirm/" in mail.body_text
    assert User.objects.get().is_active


def test_the_second_of_two_erasures_answers_as_the_first_and_asks_for_no_mail(alice):
    body = {"password": PASSWORD}

    answers = [alice.delete(V1 + "me/", body).status_code for _ in range(2)]

    assert answers == [204, 204]
    assert published_names() == ["user.deleted"]


def test_a_token_that_outlives_its_account_brings_nothing_back(alice):
    alice.delete(V1 + "me/", {"password": PASSWORD})

    answers = [
        alice.patch(V1 + "me/", {"name": "Alice"}),
        alice.post(V1 + "me/addresses/", ADDRESS),
        alice.post(V1 + "me/export/"),
    ]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [
        (409, "account_erased")
    ] * 3
    assert (User.objects.get().name, Address.objects.count()) == ("", 0)
    assert published_names() == ["user.deleted"]
