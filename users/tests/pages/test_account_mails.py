"""What the mails about an account say, and when they come."""

import re

import pytest
from django.test import Client
from rest_framework.test import APIClient

from shared.contracts.users import MailRequested
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


@pytest.mark.parametrize("how", [sign_up, register])
def test_a_new_account_is_asked_to_verify_its_address(how):
    how()
    (mail,) = published(MailRequested)
    link = re.search(r"/users/confirm-email/\S+", mail.body_text).group()
    address = User.objects.get().emailaddress_set.get()
    assert not address.verified

    Client().post(link)

    address.refresh_from_db()
    assert address.verified


def test_a_refused_registration_sends_nothing():
    known()

    register()

    assert published(MailRequested) == []
