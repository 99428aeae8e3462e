"""Who gets which answer from each route of users. Everybody has an account and is signed in by a
session, whose token the gateway would pass on; Carol has one too and signs in anew."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from shared.events.models import OutboxMessage
from shared.testing.access import AccessMatrix, Ask, Scene
from users import operations
from users.models import User
from users.tests.conftest import PASSWORD

NEW = "open-sesame-2"
STREET = "Long Street 1"
ADDRESS: dict[str, Any] = {
    "name": "Alice",
    "line1": "Side Street 2",
    "line2": "",
    "postal_code": "10115",
    "city": "Berlin",
    "region": "",
    "country": "DE",
    "phone": "",
    "is_default": False,
}
FORM = {**ADDRESS, "city": "Bonn", "is_default": "false"}
CAROL = {"email": "carol@souk.example", "password": PASSWORD}


class TestAccess(AccessMatrix):
    table = """
anon = 401:not_authenticated
none = 404:address_not_found
in   = 302>/users/profile/
                                              nobody alice bob cata fulf supp anal otto
POST   users/api/v1/register/                 201
POST   users/api/v1/token/                    200
POST   users/api/v1/token/refresh/            200
POST   users/api/v1/token/verify/             200
POST   users/api/v1/logout/                   anon   204   204  204  204  204  204  204
GET,PATCH users/api/v1/me/                    anon   200   200  200  200  200  200  200
DELETE users/api/v1/me/                       anon   204   204  204  204  204  204  204
GET    users/api/v1/me/export/                anon   200   200  200  200  200  200  200
POST   users/api/v1/me/export/                anon   202   202  202  202  202  202  202
GET    users/api/v1/me/addresses/             anon   200   200  200  200  200  200  200
POST   users/api/v1/me/addresses/             anon   201   201  201  201  201  201  201
PATCH  users/api/v1/me/addresses/<address_id>/ anon  200   none none none none none none
DELETE users/api/v1/me/addresses/<address_id>/ anon  204   none none none none none none
GET    users/.well-known/jwks.json            200
GET    users/internal/authenticate/           204
GET    users/internal/staff/                  401:   403:  403: 204  204  204  204  204
GET    users/profile/                         login  200   200  200  200  200  200  200
POST   users/profile/                         login  in    in   in   in   in   in   in
GET    users/addresses/new/                   login  200   200  200  200  200  200  200
POST   users/addresses/new/                   login  in    in   in   in   in   in   in
GET    users/addresses/<address_id>/          login  200   none none none none none none
POST   users/addresses/<address_id>/          login  in    none none none none none none
POST   users/addresses/<address_id>/delete/   login  in    none none none none none none
GET    users/export/                          login  200   200  200  200  200  200  200
POST   users/export/                          login  302>/users/export/ \
302>/users/export/ 302>/users/export/ 302>/users/export/ 302>/users/export/ \
302>/users/export/ 302>/users/export/
GET    users/export/file/                     login  200   200  200  200  200  200  200
GET    users/erase/                           login  200   200  200  200  200  200  200
POST   users/erase/                           login  302>/ 302>/ 302>/ 302>/ 302>/ 302>/ 302>/
GET    users/erase/confirm/<token>/           410
POST   users/erase/confirm/<token>/           410
GET    users/fragments/menu/                  200
GET    users/fragments/addresses/             200

GET       users/login/                        200    in    in   in   in   in   in   in
POST      users/login/                        in
PUT       users/login/                        200    in    in   in   in   in   in   in
GET       users/logout/                       302>/  200   200  200  200  200  200  200
POST      users/logout/                       302>/
GET       users/inactive/                     200
GET       users/signup/                       200    in    in   in   in   in   in   in
POST      users/signup/                       in
PUT       users/signup/                       200    in    in   in   in   in   in   in
GET       users/reauthenticate/               login  200   200  200  200  200  200  200
POST      users/reauthenticate/               login  in    in   in   in   in   in   in
PUT       users/reauthenticate/               login  200   200  200  200  200  200  200
GET       users/email/                        login  200   200  200  200  200  200  200
POST,PUT  users/email/                        login  302   302  302  302  302  302  302
GET       users/confirm-email/                200
POST      users/confirm-email/                405
GET       users/confirm-email/<key>/          200
POST      users/confirm-email/<key>/          404
GET       users/password/change/              login  200   200  200  200  200  200  200
POST      users/password/change/              login  302   302  302  302  302  302  302
PUT       users/password/change/              login  200   200  200  200  200  200  200
GET,POST,PUT users/password/set/              login  302>/users/password/change/ \
302 302 302 302 302 302
GET       users/password/reset/               200
POST      users/password/reset/               302>/users/password/reset/done/
PUT       users/password/reset/               200
GET       users/password/reset/done/          200
GET,POST,PUT users/password/reset/key/<uidb36>-<key>/ 200
GET       users/password/reset/key/done/      200
GET,POST,PUT users/login/code/confirm/        302>/users/login/ in in in in in in in
GET       users/3rdparty/login/cancelled/     200
GET       users/3rdparty/login/error/         401:
GET,POST,PUT users/3rdparty/signup/           302>/users/login/
GET       users/3rdparty/                     login  200   200  200  200  200  200  200
POST,PUT  users/3rdparty/                     login  200   200  200  200  200  200  200
GET,POST,PUT,PATCH,DELETE users/social/login/cancelled/ 301>/users/3rdparty/login/cancelled/
GET,POST,PUT,PATCH,DELETE users/social/login/error/     301>/users/3rdparty/login/error/
GET,POST,PUT,PATCH,DELETE users/social/signup/          301>/users/3rdparty/signup/
GET,POST,PUT,PATCH,DELETE users/social/connections/     301>/users/3rdparty/
GET       users/sessions/                     login  200   200  200  200  200  200  200
POST,PUT  users/sessions/                     login  302   302  302  302  302  302  302

GET       users/admin/tasks/                  login  login login 200  200  200  200  200
GET,POST  users/admin/<app_label>/            login  login login 404 404  200  200  200
rights users.user                                                -   -    v    v    vc
rights users.signingkey                                          -   -    -    v    v
rights souk_events.outboxmessage                                 -   -    -    -    v
rights souk_events.inboxentry                                    -   -    -    -    v
rights souk_events.failedevent                                   -   -    -    -    v
POST users/admin/souk_events/failedevent/<pk>/replay/   login login login 403 403 403 403 302
POST users/admin/souk_events/failedevent/<pk>/discard/  login login login 403 403 403 403 302
"""

    @pytest.fixture
    def people(self, account: Callable[..., User], settings: Any) -> dict[str, User]:
        settings.ACCOUNT_RATE_LIMITS = False
        account(CAROL["email"])
        staff = {"catalogue", "fulfilment", "support", "analyst"}
        roles = {"alice": [], "bob": [], "otto": ["owner"]} | {role: [role] for role in staff}
        return {name: account(f"{name}@souk.example", each) for name, each in roles.items()}

    @pytest.fixture
    def client_as(self, people: dict[str, User]) -> Callable[[str], Client]:
        """Signed in by a session, and with the token that the gateway makes of it."""
        sessions = {name: Client() for name in people}
        for name, client in sessions.items():
            client.force_login(people[name], "allauth.account.auth_backends.AuthenticationBackend")
        cookie = django_settings.SESSION_COOKIE_NAME
        tokens = {name: operations.issue_pair(user=user) for name, user in people.items()}

        def make(persona: str) -> Client:
            if persona not in people:
                return Client(raise_request_exception=False)
            headers = {"Authorization": f"Bearer {tokens[persona]['access']}"}
            client = Client(raise_request_exception=False, headers=headers)
            client.cookies[cookie] = sessions[persona].cookies[cookie].value
            return client

        return make

    @pytest.fixture
    def scene(self, people: dict[str, User], client_as: Callable[[str], Client]) -> Scene:
        alice = people["alice"]
        home = operations.save_address(user_id=alice.pk, **{**ADDRESS, "line1": STREET})
        carol = User.objects.get(email=CAROL["email"])
        pair = operations.issue_pair(user=carol)
        OutboxMessage.objects.all().delete()
        new = {"email": "dora@souk.example", "password": PASSWORD}
        word = {"password": PASSWORD}
        asks = {
            "POST users/api/v1/register/": Ask(new),
            "POST users/api/v1/token/": Ask(CAROL),
            "POST users/api/v1/token/refresh/": Ask({"refresh": pair["refresh"]}),
            "POST users/api/v1/token/verify/": Ask({"token": pair["access"]}),
            "POST users/api/v1/logout/": Ask({"refresh": pair["refresh"]}),
            "PATCH users/api/v1/me/": Ask({"name": "Al", "language": "en"}),
            "POST users/api/v1/me/addresses/": Ask(ADDRESS),
            "PATCH users/api/v1/me/addresses/<address_id>/": Ask({**ADDRESS, "city": "Bonn"}),
            "POST users/profile/": Ask({"name": "Al"}),
            "POST users/addresses/new/": Ask(FORM),
            "POST users/addresses/<address_id>/": Ask(FORM),
            "POST users/erase/": Ask(word),
            "DELETE users/api/v1/me/": Ask(word),
            "POST users/login/": Ask({"login": CAROL["email"], "password": PASSWORD}),
            "POST users/signup/": Ask({"email": "dora@souk.example", "password1": PASSWORD}),
            "POST users/reauthenticate/": Ask(word),
            "POST users/password/change/": Ask(
                {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
            ),
            "POST users/password/reset/": Ask({"email": CAROL["email"]}),
        }
        return Scene(
            values={"address_id": home.pk, "key": "no-such-key", "token": "x", "uidb36": "1"},
            asks=asks,
            marks=[str(alice.pk)],
            secrets=[alice.email, STREET],
        )
