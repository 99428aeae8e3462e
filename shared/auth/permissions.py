"""DRF permissions by staff role."""

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from shared.auth.principal import Principal


def api_principal(request: Request) -> Principal | None:
    """The caller of an API view, or None for a stranger."""
    return request.user if isinstance(request.user, Principal) else None


def api_caller(request: Request) -> Principal:
    """The caller of an API view that lets no stranger in."""
    if not isinstance(request.user, Principal):
        raise NotAuthenticated
    return request.user


class HasRole(BasePermission):
    """Staff with one of `roles`; owners always. Make one with `has_role("catalogue")`."""

    roles: tuple[str, ...] = ()

    def has_permission(self, request: Request, view: APIView) -> bool:
        principal = api_principal(request)
        return principal is not None and principal.has_role(*self.roles)


def has_role(*roles: str) -> type[HasRole]:
    """A permission class for staff with one of the roles."""
    return type("HasRole_" + "_".join(roles), (HasRole,), {"roles": roles})
