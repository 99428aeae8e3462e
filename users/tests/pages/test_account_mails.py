"""What the mails about an account say, and when they come."""

import re
from html import unescape

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from rest_framework.test import APIClient

from shared.contracts.users import MailRequested, UserChanged
from shared.testing.events import published
from users import operations
from users.models import User
from users.tests.api.test_tokens import V1
from users.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
ALICE = "alice@souk.example"
NEW = "another-sesame-2"


def sign_up():
    Client().post("/users/signup/", {"email": ALICE, "password1": PASSWORD})


def register():
    APIClient().post(V1 + "register/", {"email": ALICE, "password": PASSWORD})


def known(**fields):
    operations.register_user(email=ALICE, password=PASSWORD, verified=True)
    User.objects.update(**fields)


def forget_password():
    known(name="Alice A.")
    Client().post("/users/password/reset/", {"email": ALICE})


def ask_for_a_strangers_account():
    Client().post("/users/password/reset/", {"email": ALICE})


def change_password():
    known(name="Alice A.")
    client = Client()
    client.post("/users/login/", {"login": ALICE, "password": PASSWORD})
    passwords = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    client.post("/users/password/change/", passwords)


@pytest.mark.parametrize(
    ("how", "greeting"),
    [
        (sign_up, "Hello,"),
        (register, "Hello,"),
        (forget_password, "Hello Alice A.,"),
        (ask_for_a_strangers_account, "Hello,"),
        (change_password, "Hello Alice A.,"),
    ],
)
def test_a_mail_greets_the_person_and_names_the_shop(settings, how, greeting):
    settings.SHOP_NAME = "Bazaar & Sons"
    how()

    (mail,) = published(MailRequested)
    assert mail.recipient == ALICE
    assert mail.body_text.startswith(f"{greeting}\n")
    assert "Bazaar & Sons" in mail.body_text
    assert "Hello from" not in mail.body_text
    assert mail.subject.strip() == mail.subject != ""
    assert len(mail.subject.splitlines()) == 1


def confirmation():
    """Of the one account: the mailed link, and whether its address is proved."""
    (mail,) = published(MailRequested)
    link = re.search(r"/users/confirm-email/\S+", mail.body_text).group()
    return link, lambda: User.objects.get(email=ALICE).emailaddress_set.get().verified


@pytest.mark.parametrize("how", [sign_up, register])
def test_a_new_account_is_asked_to_verify_its_address(how):
    how()
    link, is_verified = confirmation()
    browser = Client()
    sign_in = re.search(r'href="(/users/login/\?[^"]+)"', browser.get(link).text).group(1)
    assert not is_verified()

    page = browser.post(unescape(sign_in), {"login": ALICE, "password": PASSWORD}, follow=True)
    assert page.redirect_chain == [(link, 302)]
    assert f"Is {ALICE} yours?" in page.text
    browser.post(link)

    assert is_verified()


def test_who_reads_the_mail_confirms_nothing_for_an_account_that_somebody_else_made():
    register()
    link, is_verified = confirmation()
    victim = Client()

    page = victim.post(link)

    assert page.status_code == 403
    assert "Please sign in" in page.text
    assert "Yes, it is" not in victim.get(link).text
    assert not is_verified()
    assert published(UserChanged) == []


def test_the_page_says_what_else_opens_the_account(browser):
    register()
    link, _ = confirmation()
    someone = browser(ALICE)
    assert "can get into this account" not in someone.get(link).text

    user = User.objects.get()
    EmailAddress.objects.create(user=user, email="mallory@souk.example", verified=True)
    SocialAccount.objects.create(user=user, provider="github", uid="1")

    page = someone.get(link).text
    assert "Whoever has mallory@souk.example or Github can get into this account" in page


def test_a_session_of_another_account_confirms_nothing_and_stays(browser):
    bob = browser("bob@souk.example")
    register()
    link, is_verified = confirmation()

    for page in (bob.get(link), bob.post(link)):
        assert "You are signed in as bob@souk.example" in page.text
        assert "Yes, it is" not in page.text

    assert not is_verified()
    assert bob.get("/users/profile/").status_code == 200


def test_a_refused_registration_sends_nothing():
    known()

    register()

    assert published(MailRequested) == []
