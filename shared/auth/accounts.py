"""Staff sign-on for the admins: one account at the issuer, a shadow of it in each service.

The shadow row exists so that Django's admin has somebody to log actions for; what it may do
follows the roles in the token of the very request, mapped by the service's STAFF_PERMISSIONS.
"""

import fnmatch
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import Group, Permission

from shared.auth.principal import STAFF_ROLES, Principal


def shadow_account(principal: Principal) -> Any:
    """The local row of a staff member, made or brought up to date."""
    username = str(principal.user_id)
    fields = {
        "email": principal.email,
        "first_name": principal.name[:150],
        "is_staff": True,
        "password": "!",
    }
    accounts: Any = get_user_model().objects
    account, _ = accounts.get_or_create(username=username, defaults=fields)
    if any(getattr(account, field) != value for field, value in fields.items()):
        account, _ = accounts.update_or_create(username=username, defaults=fields)
    roles = principal.roles & STAFF_ROLES
    if set(account.groups.values_list("name", flat=True)) != roles:
        account.groups.set([Group.objects.get_or_create(name=role)[0] for role in sorted(roles)])
    account.staff_roles = principal.roles
    return account


def role_allows(roles: Iterable[str], permission: str) -> bool:
    """True when one of the roles has the permission ("app.codename") in this service."""
    patterns = (p for role in roles for p in settings.STAFF_PERMISSIONS.get(role, ()))
    return any(fnmatch.fnmatchcase(permission, pattern) for pattern in patterns)


class StaffRoleBackend(BaseBackend):
    """Django permissions from roles; signs nobody in."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        roles: frozenset[str] = getattr(user_obj, "staff_roles", frozenset())
        return bool(user_obj.is_active) and role_allows(roles, perm)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        codenames = Permission.objects.filter(content_type__app_label=app_label)
        return any(
            self.has_perm(user_obj, f"{app_label}.{name}")
            for name in codenames.values_list("codename", flat=True)
        )
