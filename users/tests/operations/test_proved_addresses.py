"""Others hear whether an address is its person's."""

import re

import pytest
from django.core.management import call_command
from django.test import Client

from shared.auth.tokens import verify_access_token
from shared.contracts.users import MailRequested, UserChanged, UserRegistered
from shared.testing.events import published
from users import operations
from users.models import User
from users.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
EMAIL = "alice@souk.example"
OTHER = "alice@work.example"
WHO = "/users/internal/authenticate/"


def mailed_link():
    """The newest one that confirms an address."""
    texts = [mail.body_text for mail in published(MailRequested)]
    return re.findall(r"/users/confirm-email/\S+", "\n".join(texts))[-1]


def change(browser, action, email):
    browser.post("/users/email/", {f"action_{action}": "", "email": email})


def prove(browser, email):
    change(browser, "add", email)
    browser.post(mailed_link())


def told():
    fact = published(UserChanged)[-1]
    return fact.email, fact.verified, fact.verified_emails


@pytest.mark.parametrize("verified", [True, False])
def test_a_new_account_says_whether_its_address_is_proved(verified):
    operations.register_user(email=EMAIL, password=PASSWORD, verified=verified)

    assert [fact.verified for fact in published(UserRegistered)] == [verified]


def test_the_link_of_the_mail_proves_the_address():
    alice = Client()
    alice.post("/users/signup/", {"email": EMAIL, "password1": PASSWORD})
    assert published(UserRegistered)[0].verified is False

    alice.post(mailed_link())

    assert told() == (EMAIL, True, (EMAIL,))


def test_each_address_is_told_once_it_is_proved_used_and_removed(browser):
    alice = browser(EMAIL)

    prove(alice, OTHER)
    assert told() == (EMAIL, False, (OTHER,))

    change(alice, "send", EMAIL)
    alice.post(mailed_link())
    assert told() == (EMAIL, True, (EMAIL, OTHER))

    change(alice, "primary", OTHER)
    assert told() == (OTHER, True, (EMAIL, OTHER))

    change(alice, "remove", EMAIL)
    assert told() == (OTHER, True, (OTHER,))


def test_an_address_that_is_not_proved_is_not_used_to_sign_in(browser):
    alice = browser(EMAIL)
    change(alice, "add", OTHER)

    page = alice.post("/users/email/", {"action_primary": "", "email": OTHER}, follow=True)

    assert "confirm the address first" in page.text
    assert User.objects.get().email == EMAIL
    assert published(UserChanged) == []


def test_an_address_that_is_given_up_may_be_proved_by_another_account(browser):
    alice = browser(EMAIL)
    change(alice, "send", EMAIL)
    alice.post(mailed_link())
    prove(alice, OTHER)
    change(alice, "primary", OTHER)
    change(alice, "remove", EMAIL)

    operations.register_user(email=EMAIL, password=PASSWORD)
    link = mailed_link()
    browser(EMAIL).post(link)

    assert told() == (EMAIL, True, (EMAIL,))


def test_an_account_is_not_registered_with_what_another_has_proved(browser):
    prove(browser(EMAIL), OTHER)

    for verified in (True, False):
        with pytest.raises(operations.EmailTaken):
            operations.register_user(email=OTHER, password=PASSWORD, verified=verified)

    assert User.objects.count() == 1


@pytest.mark.parametrize("action", ["primary", "remove"])
def test_sessions_get_new_tokens_once_the_address_is_another(
    browser, action, django_capture_on_commit_callbacks
):
    alice, elsewhere = browser(EMAIL), browser(EMAIL)
    prove(alice, OTHER)
    change(alice, "primary", OTHER)
    if action == "primary":
        change(alice, "send", EMAIL)
        alice.post(mailed_link())
    before = [one.get(WHO)["X-Access-Token"] for one in (alice, elsewhere)]

    with django_capture_on_commit_callbacks(execute=True):
        change(alice, action, EMAIL)

    after = [one.get(WHO)["X-Access-Token"] for one in (alice, elsewhere)]
    assert not set(before) & set(after)
    assert {verify_access_token(token).email for token in after} == {User.objects.get().email}


def test_every_account_can_be_told_of_anew(account):
    user = account(EMAIL)

    call_command("republish_accounts")

    (changed,) = published(UserChanged)
    assert (changed.user_id, changed.verified) == (user.pk, False)
