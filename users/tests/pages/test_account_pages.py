import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from shared.contracts.users import MailRequested, UserDeleted, UserRegistered
from shared.testing.events import published, published_names
from users.models import Address, User
from users.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
HOME = {
    "name": "Alice A.",
    "line1": "Long Street 1",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
}


def sign_up(email="alice@souk.example", password=PASSWORD):
    client = Client()
    answer = client.post("/users/signup/", {"email": email, "password1": password})
    return client, answer


def test_signing_up_makes_an_account_and_sends_a_link():
    client, answer = sign_up()

    assert answer.status_code == 302
    assert len(published(UserRegistered)) == 1
    (mail,) = published(MailRequested)
    assert mail.recipient == "alice@souk.example"
    link = re.search(r"https?://[^\s]+", mail.body_text).group()
    confirmed = client.post(link[link.index("/users/") :], follow=True)
    assert "Please confirm" not in confirmed.text


def test_the_profile_asks_to_confirm_the_address_that_signs_in(browser):
    alice = browser()
    EmailAddress.objects.create(
        user=User.objects.get(), email="alice@work.example", verified=True, primary=False
    )
    assert "Please confirm that alice@souk.example" in alice.get("/users/profile/").text

    EmailAddress.objects.update(verified=True)
    assert "Please confirm" not in alice.get("/users/profile/").text


def test_an_address_has_one_account(account):
    account()

    _, answer = sign_up("ALICE@souk.example")

    assert "already registered" in answer.text
    assert User.objects.count() == 1
    assert published_names() == []


def test_a_weak_password_is_told_beside_the_field():
    _, answer = sign_up(password="12345678")

    assert "alert" in answer.text
    assert not User.objects.exists()


def test_signing_in_leads_back_to_where_one_was(account):
    account()
    data = {"login": "alice@souk.example", "password": PASSWORD, "next": "/cart/"}

    answer = Client().post("/users/login/", data)

    assert answer["Location"] == "/cart/"
    assert answer.cookies["souk_session"]["httponly"]


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_signing_in_never_leads_elsewhere(account, elsewhere):
    account()
    data = {"login": "alice@souk.example", "password": PASSWORD, "next": elsewhere}

    assert "evil" not in Client().post("/users/login/", data)["Location"]


def test_a_new_session_begins_at_sign_in(account):
    account()
    client = Client()
    client.cookies["souk_session"] = "planted-by-somebody-else"

    client.post("/users/login/", {"login": "alice@souk.example", "password": PASSWORD})

    assert client.cookies["souk_session"].value != "planted-by-somebody-else"


def test_wrong_passwords_end_in_a_pause(account):
    account()
    for _ in range(9):
        answer = Client().post(
            "/users/login/", {"login": "alice@souk.example", "password": "wrong"}
        )

    right = Client().post("/users/login/", {"login": "alice@souk.example", "password": PASSWORD})

    assert "Too many" in answer.text
    assert right.status_code == 200


def test_a_forgotten_password_is_set_anew_by_mail(account):
    account()
    Client().post("/users/password/reset/", {"email": "alice@souk.example"})
    (mail,) = published(MailRequested)
    path = re.search(r"/users/password/reset/key/[^\s]+", mail.body_text).group()

    client = Client()
    form = client.get(path, follow=True)
    passwords = {"password1": "another-sesame-2", "password2": "another-sesame-2"}
    answer = client.post(form.request["PATH_INFO"], passwords, follow=True)

    assert "The password is changed" in answer.text
    assert User.objects.get().check_password("another-sesame-2")


def test_an_unknown_address_gets_the_same_page(db):
    answer = Client().post("/users/password/reset/", {"email": "no@souk.example"}, follow=True)

    assert "Look into your mail" in answer.text


@pytest.mark.parametrize(
    "page",
    [
        "/users/profile/",
        "/users/password/change/",
        "/users/email/",
        "/users/sessions/",
        "/users/addresses/new/",
        "/users/erase/",
    ],
)
def test_a_persons_pages_are_theirs(browser, page):
    assert Client().get(page)["Location"].startswith("/users/login/?next=/users/")

    answer = browser().get(page, follow=True)

    assert answer.status_code == 200
    assert "<h1>" in answer.text


def test_the_menu_is_the_persons(browser):
    assert "alice" in browser().get("/users/fragments/menu/").text
    assert "Back office" not in browser().get("/users/fragments/menu/").text
    assert (
        "Back office"
        in browser("mia@souk.example", ["fulfilment"]).get("/users/fragments/menu/").text
    )
    assert "/users/login/" in Client().get("/users/fragments/menu/").text


def test_name_and_addresses_are_kept(browser):
    client = browser()
    client.post("/users/profile/", {"name": "Alice A."})
    client.post(
        "/users/addresses/new/",
        HOME,
    )

    page = client.get("/users/profile/").text

    assert "Long Street 1" in page
    assert 'value="Alice A."' in page
    address = Address.objects.get()
    client.post(f"/users/addresses/{address.pk}/delete/")
    assert not Address.objects.exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"country": "GE"}, "no postal code"),
        ({"country": "Germany"}, "valid choice"),
        ({"postal_code": "99"}, "no postal code"),
        ({"phone": "hallo"}, "no phone number"),
        ({"country": "US", "postal_code": "94016"}, "required"),
    ],
)
def test_the_address_book_keeps_no_address_that_the_post_would_not_deliver(browser, changes, says):
    page = browser().post("/users/addresses/new/", {**HOME, **changes})

    assert says in page.text
    assert not Address.objects.exists()


def test_the_checkout_offers_the_addresses_of_the_person(browser):
    client = browser()
    client.post("/users/addresses/new/", HOME)

    fragment = client.get("/users/fragments/addresses/").text

    assert 'action="/cart/checkout/"' in fragment
    assert 'name="line1" value="Long Street 1"' in fragment
    assert Client().get("/users/fragments/addresses/").text.strip() == ""


@pytest.mark.parametrize("page", ["/users/fragments/addresses/", "/users/profile/"])
def test_an_address_reads_as_on_its_label(browser, page):
    client = browser()
    home = {"name": "B & P", "line1": "1 St", "region": "Aiwo District", "country": "NR"}
    client.post("/users/addresses/new/", home)

    shown = client.get(page).text

    assert "<address>B &amp; P, 1 St, Aiwo District, Nauru" in shown
    assert "B &amp; P, 1 St</span>" in shown


def test_erasing_needs_the_password(browser):
    client = browser()

    assert "not your password" in client.post("/users/erase/", {"password": "wrong"}).text
    assert published_names() == []

    assert client.post("/users/erase/", {"password": PASSWORD})["Location"] == "/"
    assert len(published(UserDeleted)) == 1


def test_forms_need_the_csrf_token(account):
    account()
    client = Client(enforce_csrf_checks=True)

    answer = client.post("/users/login/", {"login": "alice@souk.example", "password": PASSWORD})

    assert answer.status_code == 403
    assert "souk_session" not in client.cookies
