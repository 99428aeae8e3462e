"""Others hear whether an address is its person's."""

import re

import pytest
from django.core.management import call_command
from django.test import Client

from shared.contracts.users import MailRequested, UserChanged, UserRegistered
from shared.testing.events import published
from users import operations
from users.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
EMAIL = "alice@souk.example"
OTHER = "alice@work.example"


@pytest.mark.parametrize("verified", [True, False])
def test_a_new_account_says_whether_its_address_is_proved(verified):
    operations.register_user(email=EMAIL, password=PASSWORD, verified=verified)

    assert [fact.verified for fact in published(UserRegistered)] == [verified]


def test_the_link_of_the_mail_proves_the_address():
    Client().post("/users/signup/", {"email": EMAIL, "password1": PASSWORD})
    (mail,) = published(MailRequested)
    link = re.search(r"/users/confirm-email/\S+", mail.body_text).group()
    assert published(UserRegistered)[0].verified is False

    Client().post(link)

    (changed,) = published(UserChanged)
    assert (changed.email, changed.verified) == (EMAIL, True)


def test_another_address_to_sign_in_with_is_told_once_it_is_proved(browser):
    alice = browser(EMAIL)
    alice.post("/users/email/", {"action_add": "", "email": OTHER})
    mail = published(MailRequested)[-1]

    alice.post(re.search(r"/users/confirm-email/\S+", mail.body_text).group())
    assert published(UserChanged)[-1].email == EMAIL

    alice.post("/users/email/", {"action_primary": "", "email": OTHER})
    told = published(UserChanged)[-1]
    assert (told.email, told.verified) == (OTHER, True)


def test_every_account_can_be_told_of_anew(account):
    user = account(EMAIL)

    call_command("republish_accounts")

    (changed,) = published(UserChanged)
    assert (changed.user_id, changed.verified) == (user.pk, False)
