"""Somebody signs up by a provider."""

from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory

from shared.contracts.users import UserChanged, UserRegistered
from shared.testing.events import published
from users.models import User

pytestmark = pytest.mark.django_db


EMAIL = "alice@souk.example"


def sign_up(form=None):
    request = RequestFactory().get("/users/google/login/callback/")
    request.session = SessionStore()
    login = SocialLogin(
        user=User(),
        account=SocialAccount(provider="google", uid="1"),
        email_addresses=[EmailAddress(email=EMAIL, verified=True, primary=True)],
    )
    given = {"email": "Alice@Souk.example", "name": "Alice A."}

    with context.request_context(request):
        adapter = get_adapter()
        adapter.populate_user(request, login, given)
        adapter.save_user(request, login, form)


def test_an_account_by_a_provider_is_told_of_like_any_other():
    sign_up()

    user = User.objects.get()
    assert (user.email, user.name, user.has_usable_password()) == (
        "alice@souk.example",
        "Alice A.",
        False,
    )
    (fact,) = published(UserRegistered)
    assert (fact.user_id, fact.display_name) == (user.pk, "Alice A.")
    assert fact.verified_emails == (EMAIL,)
    assert SocialAccount.objects.get().user == user


def test_an_address_that_the_provider_has_proved_is_told_after_a_form_as_well():
    sign_up(SimpleNamespace(cleaned_data={"email": EMAIL}))

    assert published(UserChanged)[-1].verified_emails == (EMAIL,)
    assert User.objects.get().untold is False
