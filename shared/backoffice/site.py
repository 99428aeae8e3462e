"""The admin site of every service: one sign-on, at the issuer of the tokens."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from unfold.sites import UnfoldAdminSite

from shared.auth.middleware import principal_of
from shared.backoffice.work import EVENTS_APP, list_work

LOGOUT_URL = "/users/logout/"
PROFILE_URL = "/users/profile/"


class SoukAdminSite(UnfoldAdminSite):  # type: ignore[misc]
    """Accounts, passwords and sessions live at the issuer, so this site has none of their pages."""

    index_title = "Overview"
    enable_nav_sidebar = True

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lets staff in, sends a stranger to sign in and back, refuses everybody else (403)."""
        target = self._target(request)
        if self.has_permission(request):
            return HttpResponseRedirect(target)
        if principal_of(request) is not None:
            raise PermissionDenied
        query = urlencode({REDIRECT_FIELD_NAME: target})
        return HttpResponseRedirect(f"{settings.LOGIN_URL}?{query}")

    def _target(self, request: HttpRequest) -> str:
        target = request.GET.get(REDIRECT_FIELD_NAME, "")
        inside = target.startswith(reverse("admin:index"))
        if inside and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
            return target
        return reverse("admin:index")

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Signing out ends the one session there is; that needs a POST to its owner."""
        return HttpResponseRedirect(LOGOUT_URL)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(PROFILE_URL)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [path("fragments/tasks/", self.show_work, name="work_fragment"), *super().get_urls()]

    @method_decorator([require_safe, never_cache])
    def show_work(self, request: HttpRequest) -> HttpResponse:
        """A fragment of the staff's first page: what waits in this service for this person."""
        if not self.has_permission(request):
            raise PermissionDenied
        context = {"service": settings.SERVICE, "work": list_work(request)}
        return render(request, "backoffice/work.html", context)

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """The service's own models first, its messaging last."""
        apps: list[dict[str, Any]] = super().get_app_list(request, app_label)
        return sorted(apps, key=lambda app: app["app_label"] == EVENTS_APP)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "logout_url": LOGOUT_URL}
