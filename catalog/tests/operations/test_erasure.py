import pytest

from catalog.models import ImportRun
from shared.contracts.users import UserDeleted
from shared.testing.erasure import DORA, assert_forgets
from shared.testing.events import deliver

pytestmark = pytest.mark.django_db


def erase():
    deliver(UserDeleted(user_id=DORA.user_id, email=DORA.email))


def test_nothing_of_an_erased_person_is_left():
    run = ImportRun.objects.create(file_name="tea.csv", format="shopify", actor=DORA.email)

    assert_forgets(erase)

    run.refresh_from_db()
    assert (run.actor, run.file_name) == ("erased", "tea.csv")
