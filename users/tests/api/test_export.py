"""A person's copy of everything, gathered from all services by facts."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from shared.contracts.users import DataExported, DataExportRequested
from shared.events.models import OutboxMessage
from shared.testing.events import deliver, published, published_names
from users import operations
from users.models import DataExport, ExportPart, FormerAddress, User
from users.tests.api.test_tokens import V1, bearer, sign_in

pytestmark = pytest.mark.django_db
EXPORT = V1 + "me/export/"
OTHERS = ["cart", "catalog", "inventory", "notify", "orders", "payments", "recommend", "reviews"]


@pytest.fixture
def alice(account):
    account()
    client = bearer(sign_in().json()["access"])
    OutboxMessage.objects.all().delete()
    return client


def answer(export_id, service, data='{"rows": [1]}'):
    deliver(DataExported(export_id=export_id, service=service, data=data))


def test_every_service_is_asked_once_and_the_copy_is_complete_when_all_have_answered(alice):
    begun = alice.post(EXPORT)
    alice.post(EXPORT)

    (asked,) = published(DataExportRequested)
    user = User.objects.get()
    # Nobody has proved the address, which others know staff by.
    assert (asked.user_id, asked.addresses) == (user.pk, ())
    assert (begun.status_code, begun.json()["missing"]) == (202, OTHERS)
    for service in OTHERS[:-1]:
        answer(asked.export_id, service)
    assert alice.get(EXPORT).json()["missing"] == ["reviews"]

    answer(asked.export_id, "reviews", '{"reviews": [{"rating": 5}]}')

    body = alice.get(EXPORT).json()
    assert (body["complete"], body["missing"]) == (True, [])
    assert body["services"]["reviews"] == {"reviews": [{"rating": 5}]}
    assert sorted(body["services"]) == OTHERS


def test_bob_sees_nothing_of_alices_copy(alice, account):
    alice.post(EXPORT)
    answer(DataExport.objects.get().pk, "reviews")
    account("bob@souk.example")
    bob = bearer(sign_in("bob@souk.example").json()["access"])

    assert bob.get(EXPORT).json()["services"] == {}


def test_a_copy_goes_after_a_week_and_a_later_answer_brings_nothing_back(alice):
    alice.post(EXPORT)
    export = DataExport.objects.get()
    answer(export.pk, "reviews")

    operations.forget_exports(now=timezone.now() + timedelta(days=7, minutes=1))
    answer(export.pk, "orders")

    assert (DataExport.objects.count(), ExportPart.objects.count()) == (0, 0)


def test_it_goes_with_the_account(alice):
    alice.post(EXPORT)
    export = DataExport.objects.get()
    answer(export.pk, "reviews")

    operations.erase_account(user_id=export.user_id, now=timezone.now())
    answer(export.pk, "orders")

    assert (DataExport.objects.count(), ExportPart.objects.count()) == (0, 0)


def test_the_page_asks_and_offers_the_file_when_it_is_there(browser):
    client = browser()
    assert "Gather it" in client.get("/users/export/").text
    assert published_names() == []
    client.post("/users/export/")
    assert "Look again" in client.get("/users/export/").text

    for service in OTHERS:
        answer(DataExport.objects.get().pk, service)

    assert "/users/export/file/" in client.get("/users/export/").text
    file = client.get("/users/export/file/")
    assert "attachment" in file["Content-Disposition"]
    assert file.json()["complete"] is True


def test_it_tells_every_address_and_no_secret(browser):
    client = browser()
    user = User.objects.get()
    FormerAddress.objects.create(user=user, email="alice@former.example")
    EmailAddress.objects.create(user=user, email="alice@other.example")

    file = client.get("/users/export/file/")

    assert [row["email"] for row in file.json()["emails"]] == ["alice@other.example", user.email]
    assert file.json()["former_emails"] == ["alice@former.example"]
    assert user.password not in file.text
    assert client.session.session_key not in file.text
