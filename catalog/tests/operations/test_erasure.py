import pytest

from catalog.models import ImportRun
from shared.testing.erasure import DORA, ERASED, FORMER, assert_forgets
from shared.testing.events import deliver
from shared.testing.exporting import exported

pytestmark = pytest.mark.django_db


def erase():
    deliver(ERASED)


def test_nothing_of_an_erased_person_is_left():
    run = ImportRun.objects.create(file_name="tea.csv", format="shopify", actor=DORA.email)
    ImportRun.objects.create(file_name="tea.csv", format="shopify", actor=FORMER.email)

    assert_forgets(erase)

    run.refresh_from_db()
    assert (run.actor, run.file_name) == ("erased", "tea.csv")


def test_the_export_tells_what_a_person_imported_and_nobody_else():
    ImportRun.objects.create(file_name="tea.csv", format="shopify", actor=DORA.email)
    ImportRun.objects.create(file_name="pots.csv", format="shopify", actor="")

    assert [row["file_name"] for row in exported()["imports"]] == ["tea.csv"]
