"""Erasing an account that has no password, by the mailed link."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from shared.contracts.users import MailRequested, UserDeleted
from shared.testing.events import published, published_names
from users import operations
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(browser):
    client = browser()
    user = User.objects.get()
    user.set_unusable_password()
    user.save()
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def mailed_link():
    return re.search(r"/users/erase/confirm/\S+", published(MailRequested)[-1].body_text).group()


def test_the_link_erases_where_no_password_can(alice):
    assert "no password" in alice.get("/users/erase/").text
    alice.post("/users/erase/")
    link, there = mailed_link(), Client()

    assert "alice@souk.example" in there.get(link).text
    assert User.objects.get().is_active
    assert there.post(link)["Location"] == "/"

    assert not User.objects.get().is_active
    assert len(published(UserDeleted)) == 1
    assert there.post(link).status_code == 410
    assert len(published(UserDeleted)) == 1


def test_the_link_is_over_after_an_hour(alice, monkeypatch):
    alice.post("/users/erase/")
    late = timezone.now() + operations.erasing.LINK_LIFETIME + timedelta(seconds=5)
    monkeypatch.setattr("django.core.signing.time.time", late.timestamp)

    assert Client().post(mailed_link()).status_code == 410
    assert User.objects.get().is_active


def test_a_new_password_ends_the_link(alice):
    alice.post("/users/erase/")
    link = mailed_link()
    operations.end_sessions(user_id=User.objects.get().pk)

    assert Client().post(link).status_code == 410
    assert published_names() == ["user.mail_requested"]


def test_a_made_up_link_erases_nobody(account):
    account()

    for token in ("x", "WyJhIiwwXQ:1abc:def"):
        assert Client().post(f"/users/erase/confirm/{token}/").status_code == 410

    assert User.objects.get().is_active
