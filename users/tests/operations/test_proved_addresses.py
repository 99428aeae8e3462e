"""Others hear whether an address is its person's."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

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


def test_accounts_that_others_know_too_little_of_are_told_by_the_clock(account):
    told, *untold = [account(f"{name}@souk.example") for name in ("a", "b", "c", "d")]
    EmailAddress.objects.filter(user=untold[0]).update(verified=True)
    # As an update leaves those of before.
    User.objects.exclude(pk=told.pk).update(untold=True)

    assert [operations.publish_pending(limit=2) for _ in range(3)] == [2, 1, 0]

    facts = published(UserChanged)
    assert [fact.user_id for fact in facts] == [user.pk for user in untold]
    assert [fact.verified_emails for fact in facts] == [("b@souk.example",), (), ()]


def test_an_account_that_was_made_by_hand_is_told_of():
    user = User.objects.create_superuser(EMAIL, PASSWORD)

    operations.publish_pending()

    assert [fact.user_id for fact in published(UserChanged)] == [user.pk]


def test_an_erased_account_is_not_told_of(account):
    user = account(EMAIL)
    operations.erase_account(user_id=user.pk, now=timezone.now())
    User.objects.update(untold=True)

    assert operations.publish_pending() == 0
