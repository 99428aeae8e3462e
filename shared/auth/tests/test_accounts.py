"""One account at the issuer, a shadow of it here: what it may do follows the token's roles."""

from dataclasses import replace

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Group

from shared.auth.accounts import role_allows, shadow_account
from shared.auth.principal import Principal
from shared.testing.users import ALICE, CAROL, MIA, OTTO

ADMIN = "/probe/admin/"
EVENTS = "/probe/admin/souk_events/failedevent/"
SUPPORT = Principal(MIA.user_id, MIA.email, MIA.name, frozenset({"support"}))


def group_names(account):
    return sorted(group.name for group in account.groups.all())


@pytest.mark.django_db
def test_the_first_visit_makes_the_account_and_the_second_finds_it(client_of):
    for _ in range(2):
        assert client_of(MIA).get(ADMIN).status_code == 200

    account = get_user_model().objects.get()
    assert (account.username, account.email) == (str(MIA.user_id), MIA.email)
    assert (account.is_staff, account.is_superuser) == (True, False)
    assert not account.has_usable_password()
    assert group_names(account) == sorted(MIA.roles)


@pytest.mark.django_db
def test_a_customer_gets_no_account(client_of):
    assert client_of(CAROL).get(ADMIN).status_code == 302
    assert client_of(CAROL).get(EVENTS).status_code == 302
    assert client_of(CAROL).get("/probe/who/").json()["account"] == "AnonymousUser"
    assert not get_user_model().objects.exists()


@pytest.mark.django_db
def test_changed_roles_address_and_name_are_taken_over():
    shadow_account(MIA)
    changed = replace(
        MIA, email="mia@new.example", name="Mia M.", roles=frozenset({"analyst", "customer"})
    )

    shadow_account(changed)

    account = get_user_model().objects.get()
    assert (account.email, account.first_name) == ("mia@new.example", "Mia M.")
    assert group_names(account) == ["analyst"]
    assert set(Group.objects.values_list("name", flat=True)) == MIA.roles | {"analyst"}


@pytest.mark.django_db
def test_a_changed_name_alone_is_taken_over():
    shadow_account(MIA)

    shadow_account(replace(MIA, name="Mia M."))

    assert get_user_model().objects.get().first_name == "Mia M."


@pytest.mark.django_db
def test_an_account_that_is_up_to_date_costs_two_queries(django_assert_num_queries):
    shadow_account(MIA)

    with django_assert_num_queries(2):
        shadow_account(MIA)


@pytest.mark.django_db
def test_who_lost_the_roles_is_out_at_once_although_the_account_stays(client_of):
    assert client_of(MIA).get(ADMIN).status_code == 200
    former = replace(MIA, roles=frozenset())

    assert client_of(former).get(ADMIN).status_code == 302
    assert get_user_model().objects.count() == 1


@pytest.mark.django_db
def test_an_account_that_was_switched_off_here_may_nothing():
    account = shadow_account(OTTO)
    assert account.has_perm("souk_events.view_failedevent")

    account.is_active = False

    assert not account.has_perm("souk_events.view_failedevent")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("roles", "viewed", "changed"),
    [
        ({"owner"}, True, True),
        ({"analyst"}, False, False),
        ({"support"}, True, False),
        ({"catalogue"}, False, False),
        ({"fulfilment"}, False, False),
        ({"support", "catalogue"}, True, False),
        (set(), False, False),
    ],
)
def test_the_roles_of_the_token_decide(client_of, roles, viewed, changed):
    person = replace(MIA, roles=frozenset(roles))

    assert role_allows(roles, "souk_events.view_failedevent") is viewed
    assert role_allows(roles, "souk_events.change_failedevent") is changed
    assert (client_of(person).get(EVENTS).status_code == 200) is viewed


@pytest.mark.django_db
def test_a_role_opens_only_the_apps_that_it_names():
    account = shadow_account(SUPPORT)

    assert account.has_module_perms("souk_events")
    assert not account.has_module_perms("auth")
    assert not AnonymousUser().has_module_perms("souk_events")


def test_an_owner_has_every_role_and_a_customer_none():
    assert OTTO.has_role("catalogue")
    assert MIA.has_role("fulfilment", "analyst")
    assert not MIA.has_role("analyst")
    assert not ALICE.has_role("catalogue")
    assert (OTTO.is_staff, MIA.is_staff, ALICE.is_staff) == (True, True, False)
    assert not replace(ALICE, roles=frozenset({"vip"})).is_staff
