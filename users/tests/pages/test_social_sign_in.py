"""Somebody signs up by a provider, without a form."""

import pytest
from allauth.core import context
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory

from shared.contracts.users import UserRegistered
from shared.testing.events import published
from users.models import User

pytestmark = pytest.mark.django_db


def test_an_account_by_a_provider_is_told_of_like_any_other():
    request = RequestFactory().get("/users/google/login/callback/")
    request.session = SessionStore()
    login = SocialLogin(user=User(), account=SocialAccount(provider="google", uid="1"))
    given = {"email": "Alice@Souk.example", "name": "Alice A."}

    with context.request_context(request):
        adapter = get_adapter()
        adapter.populate_user(request, login, given)
        adapter.save_user(request, login)

    user = User.objects.get()
    assert (user.email, user.name, user.has_usable_password()) == (
        "alice@souk.example",
        "Alice A.",
        False,
    )
    (fact,) = published(UserRegistered)
    assert (fact.user_id, fact.display_name) == (user.pk, "Alice A.")
    assert SocialAccount.objects.get().user == user
