"""A new password, a lost role and signing out everywhere end what signed in before."""

import re

import pytest
from django.test import Client
from rest_framework.test import APIClient

from shared.contracts.users import MailRequested
from shared.testing.events import published
from users import operations
from users.models import User
from users.tests.api.test_tokens import ME, V1, bearer, sign_in
from users.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
WHO = "/users/internal/authenticate/"
NEW = "another-sesame-2"
BOTH = {"password1": NEW, "password2": NEW}


def change(here):
    here.post("/users/password/change/", {"oldpassword": PASSWORD, **BOTH})


def reset(here):
    here.post("/users/password/reset/", {"email": "alice@souk.example"})
    mail = published(MailRequested)[-1]
    path = re.search(r"/users/password/reset/key/[^\s]+", mail.body_text).group()
    form = here.get(path, follow=True)
    assert here.post(form.request["PATH_INFO"], BOTH).status_code == 302


def reset_elsewhere(here):
    reset(Client())


def set_first(here):
    """As somebody who came by a provider and has had no password."""
    user = User.objects.get()
    user.set_unusable_password()
    user.save()
    here.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    here.post("/users/password/set/", BOTH)


def sign_out_elsewhere(here):
    here.post("/users/sessions/")


def lose_a_role(here):
    operations.set_roles(user_id=User.objects.get().pk, roles=[])


WAYS = [change, reset, reset_elsewhere, set_first, sign_out_elsewhere, lose_a_role]


@pytest.mark.parametrize("way", WAYS)
def test_every_token_of_before_is_refused(browser, way):
    here, pair = browser(roles=["support"]), sign_in().json()
    assert bearer(pair["access"]).get(WHO).status_code == 204

    way(here)

    old = APIClient().post(V1 + "token/refresh/", {"refresh": pair["refresh"]})
    assert (old.status_code, old.json()["code"]) == (401, "token_not_valid")
    assert bearer(pair["access"]).get(WHO).status_code == 401
    check = APIClient().post(V1 + "token/verify/", {"token": pair["access"]})
    assert check.status_code == 401


@pytest.mark.parametrize("way", WAYS)
def test_another_browser_is_signed_out_at_once(browser, way):
    here, there = browser(roles=["support"]), browser()
    assert "X-Access-Token" in there.get(WHO)

    way(here)

    assert "X-Access-Token" not in there.get(WHO)
    assert there.get("/users/profile/").status_code == 302


@pytest.mark.parametrize("way", [change, set_first, sign_out_elsewhere])
def test_the_browser_that_did_it_stays(browser, way):
    here = browser()
    here.get(WHO)

    way(here)

    assert here.get("/users/profile/").status_code == 200
    assert here.get(WHO)["X-Access-Token"]


def test_new_tokens_are_good_after_a_new_password(browser):
    change(browser())

    pair = sign_in(password=NEW).json()

    assert bearer(pair["access"]).get(ME).status_code == 200
    assert bearer(pair["access"]).get(WHO).status_code == 204
    fresh = APIClient().post(V1 + "token/refresh/", {"refresh": pair["refresh"]})
    assert bearer(fresh.json()["access"]).get(WHO).status_code == 204


def test_a_refused_change_ends_nothing(browser):
    here, pair = browser(), sign_in().json()

    here.post("/users/password/change/", {"oldpassword": "wrong", **BOTH})
    here.post("/users/password/change/", {"oldpassword": PASSWORD, **BOTH, "password2": "x"})

    assert User.objects.get().token_generation == 0
    assert bearer(pair["access"]).get(WHO).status_code == 204


def test_a_role_that_is_added_ends_nothing(account):
    user, pair = account(), sign_in().json()

    operations.set_roles(user_id=user.pk, roles=["support"])

    assert bearer(pair["access"]).get(WHO).status_code == 204


def test_a_token_that_was_minted_while_the_password_changed_is_refused(account):
    """Its maker had read the account before the change."""
    user = account()
    before = User.objects.get(pk=user.pk)
    operations.end_sessions(user_id=user.pk)

    pair = operations.issue_pair(user=before)

    assert bearer(pair["access"]).get(WHO).status_code == 401
    assert (
        not APIClient().post(V1 + "token/refresh/", {"refresh": pair["refresh"]}).data.get("access")
    )
