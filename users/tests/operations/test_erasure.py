import json

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from shared.contracts.users import MailRequested, UserDeleted
from shared.testing.erasure import DORA, FORMER, HOME, assert_forgets
from shared.testing.events import published
from users import operations
from users.models import User

pytestmark = pytest.mark.django_db


def prove(user, email):
    EmailAddress.objects.filter(user=user, email=email).update(verified=True)


def sign_in_with(client, user, email):
    """Proves the account's address, adds and proves another, and removes the first."""
    former = user.email
    prove(user, former)
    client.post("/users/email/", {"action_add": "", "email": email})
    prove(user, email)
    client.post("/users/email/", {"action_primary": "", "email": email})
    client.post("/users/email/", {"action_remove": "", "email": former})


def erased(user):
    operations.erase_account(user_id=user.pk, now=timezone.now())
    (fact,) = published(UserDeleted)
    return fact


def test_nothing_of_an_erased_person_is_left(browser, account):
    client = browser(FORMER.email)
    user = User.objects.get(email=FORMER.email)
    sign_in_with(client, user, DORA.email)
    user.refresh_from_db()
    assert user.email == DORA.email
    operations.update_profile(user_id=user.pk, name=DORA.name)
    home = {name: getattr(HOME, name) for name in ("name", "line1", "postal_code", "city")}
    operations.save_address(user_id=user.pk, **home, country="DE", phone=HOME.phone)
    SocialAccount.objects.create(
        user=user, provider="google", uid="1", extra_data={"email": DORA.email}
    )
    export = operations.request_export(user_id=user.pk, now=timezone.now())
    operations.store_export_part(
        export_id=export.pk, service="orders", data=json.dumps({"orders": [DORA.email]})
    )
    client.get("/users/profile/")
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=account("otto@souk.example"),
        content_type=kind,
        object_repr=FORMER.email,
        object_id=str(user.pk),
        action_flag=CHANGE,
    )

    assert_forgets(
        lambda: operations.erase_account(user_id=user.pk, now=timezone.now()),
        exempt=frozenset({"account_emailconfirmation.email_address_id"}),
    )

    assert not User.objects.get(pk=user.pk).is_active
    assert EmailAddress.objects.filter(user=user).count() == 0


def test_others_hear_of_every_address_that_was_proved(browser):
    client = browser(FORMER.email)
    user = User.objects.get(email=FORMER.email)
    sign_in_with(client, user, DORA.email)
    client.post("/users/email/", {"action_add": "", "email": "typed@souk.example"})
    client.post("/users/email/", {"action_remove": "", "email": "typed@souk.example"})

    fact = erased(user)

    assert fact.email == DORA.email
    assert fact.emails == (FORMER.email, DORA.email)


def test_nobody_hears_of_an_address_that_was_only_typed(account):
    fact = erased(account(DORA.email))

    assert (fact.email, fact.emails) == ("", ())


def test_an_address_that_is_somebody_elses_by_now_stays_so(browser, account):
    client = browser(FORMER.email)
    user = User.objects.get(email=FORMER.email)
    sign_in_with(client, user, DORA.email)
    other = account(FORMER.email)
    prove(other, FORMER.email)

    assert erased(user).emails == (DORA.email,)


def test_every_mail_says_which_account_it_is_about(browser):
    client = browser(FORMER.email)
    user = User.objects.get(email=FORMER.email)
    sign_in_with(client, user, DORA.email)
    operations.send_erase_link(user_id=user.pk)
    client.post("/users/password/reset/", {"email": DORA.email})

    mails = published(MailRequested)

    assert {mail.user_id for mail in mails} == {user.pk}
    assert {mail.recipient for mail in mails} == {FORMER.email, DORA.email}
    assert len(mails) >= 5


def test_a_mail_about_no_account_says_so(client, db):
    client.post("/users/password/reset/", {"email": "nobody@souk.example"})

    assert [mail.user_id for mail in published(MailRequested)] == [None]
