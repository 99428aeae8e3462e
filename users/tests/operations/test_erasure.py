import json

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from shared.testing.erasure import DORA, HOME, assert_forgets
from users import operations
from users.models import User

pytestmark = pytest.mark.django_db


def test_nothing_of_an_erased_person_is_left(browser, account):
    client = browser(DORA.email)
    user = User.objects.get(email=DORA.email)
    operations.update_profile(user_id=user.pk, name=DORA.name)
    home = {name: getattr(HOME, name) for name in ("name", "line1", "postal_code", "city")}
    operations.save_address(user_id=user.pk, **home, country="DE", phone=HOME.phone)
    SocialAccount.objects.create(
        user=user, provider="google", uid="1", extra_data={"email": DORA.email}
    )
    export = operations.request_export(user_id=user.pk, now=timezone.now())
    operations.keep_export_part(
        export_id=export.pk, service="orders", data=json.dumps({"orders": [DORA.email]})
    )
    client.get("/users/profile/")
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=account("otto@souk.example"),
        content_type=kind,
        object_repr=str(user),
        action_flag=CHANGE,
    )

    assert_forgets(
        lambda: operations.erase_account(user_id=user.pk, now=timezone.now()),
        exempt=frozenset({"account_emailconfirmation.email_address_id"}),
    )

    assert not User.objects.get(pk=user.pk).is_active
    assert EmailAddress.objects.filter(user=user).count() == 0
