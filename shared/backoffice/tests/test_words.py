from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import CheckConstraint, Q
from django.template.defaultfilters import linebreaksbr
from unfold.utils import display_for_label

from shared.backoffice.base import BackofficeModelAdmin, ReadOnlyModelAdmin
from shared.backoffice.checks import check_constraints
from shared.backoffice.words import Named, in_words
from shared.database.constraints import worded


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("hold_expired", "Hold expired"),
        ("review.published", "Review published"),
        ("late", "Late"),
        ("Came late, sorry", "Came late, sorry"),
        ("DHL T_7", "DHL T_7"),
        ("", ""),
    ],
)
def test_a_code_is_read_as_words(code, words):
    assert in_words(code) == words


def test_a_named_status_is_a_label_in_lists_and_a_word_on_pages():
    done = Named("done", "Done")

    assert "Done" in display_for_label(done, "-", {"done": "success"})
    assert linebreaksbr(done) == "Done"


@pytest.fixture
def constraints(monkeypatch) -> Iterator[list]:
    found: list = []
    monkeypatch.setattr(Group._meta, "constraints", found)
    yield found
    if admin.site.is_registered(Group):
        admin.site.unregister(Group)


NAMED = Q(name__gt="")


def test_a_constraint_behind_a_form_needs_words(constraints):
    admin.site.register(Group, BackofficeModelAdmin)
    constraints.append(CheckConstraint(condition=NAMED, name="group_named"))
    assert [(error.id, error.obj) for error in check_constraints()] == [("backoffice.E001", Group)]
    constraints[:] = [CheckConstraint(condition=NAMED, violation_error_message="x", name="g")]
    assert len(check_constraints()) == 1
    constraints[:] = [CheckConstraint(condition=NAMED, **worded("group_named", "Name it."))]
    assert check_constraints() == []


def test_what_nobody_fills_in_needs_none(constraints):
    admin.site.register(Group, ReadOnlyModelAdmin)
    constraints.append(CheckConstraint(condition=NAMED, name="group_named"))
    assert check_constraints() == []
