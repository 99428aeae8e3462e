from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from shared.auth import tokens
from shared.auth.keys import KeySet
from shared.events.models import OutboxMessage
from users import operations, queries
from users.models import User

PASSWORD = "sesame-open-1"


@pytest.fixture(autouse=True)
def _own_cache(settings: Any) -> None:
    """Empty for each test. To clear the cache would empty the server that other suites share."""
    own = {**settings.CACHES["default"], "KEY_PREFIX": f"users-{uuid4()}"}
    settings.CACHES = {**settings.CACHES, "default": own}


@pytest.fixture(autouse=True)
def _own_keys(_trust_test_issuer: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens are verified with the keys of this service's own tables, anew for each test."""
    keys = KeySet(queries.jwks_document)
    monkeypatch.setattr("shared.auth.keys.MIN_SECONDS_BETWEEN_FETCHES", 0.0)
    monkeypatch.setattr(tokens, "issuer_keys", lambda: keys)


@pytest.fixture(autouse=True)
def _without_gateway_and_argon(settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_CLIENT_IP_HEADER = None  # no gateway here to set it
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def account(db: None) -> Callable[..., User]:
    """`account("alice@souk.example", roles=[…])`: somebody who can sign in."""

    def make(email: str = "alice@souk.example", roles: list[str] | None = None) -> User:
        user = operations.register_user(email=email, password=PASSWORD)
        if roles:
            user = operations.set_roles(user_id=user.pk, roles=roles)
        OutboxMessage.objects.all().delete()
        return user

    return make


@pytest.fixture
def browser(account: Callable[..., User]) -> Callable[..., Client]:
    """`browser()`: Alice's browser, signed in by the form."""

    def make(email: str = "alice@souk.example", roles: list[str] | None = None) -> Client:
        if not User.objects.filter(email=email).exists():
            account(email, roles)
        client = Client()
        answer = client.post("/users/login/", {"login": email, "password": PASSWORD})
        assert answer.status_code == 302
        OutboxMessage.objects.all().delete()
        return client

    return make
