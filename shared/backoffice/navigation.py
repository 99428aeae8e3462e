"""One sidebar for all admins: the same services in the same order, the present one unfolded."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from shared.backoffice.work import EVENTS_APP
from shared.events.models import FailedEvent

Item = dict[str, Any]
# The staff's first page: the gateway knows where it is.
HOME = "/admin/"
HOME_NAME = "work"
ICONS = {
    "catalog": "storefront",
    "cart": "shopping_cart",
    "orders": "receipt_long",
    "inventory": "inventory_2",
    "users": "group",
    "reviews": "reviews",
    "payments": "payments",
    "notify": "mail",
    "recommend": "auto_awesome",
}


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """unfold's navigation: groups of links. One query, for the number of failed events."""
    at_home = getattr(request.resolver_match, "url_name", "") == HOME_NAME
    home = {"title": "Work", "icon": "task_alt", "link": HOME, "active": at_home}
    groups: list[dict[str, Any]] = [{"items": [home]}]
    for service in settings.SERVICES:
        if service == settings.SERVICE and not at_home:
            groups += [_present_service(request), {"separator": True, "items": []}]
        elif groups and "title" not in groups[-1]:
            groups[-1]["items"].append(_elsewhere(service))
        else:
            groups.append({"items": [_elsewhere(service)]})
    return groups


def _elsewhere(service: str) -> Item:
    return {
        "title": service.capitalize(),
        "icon": ICONS.get(service, "apps"),
        "link": f"/{service}/admin/",
    }


def _present_service(request: HttpRequest) -> dict[str, Any]:
    overview = {"title": "Overview", "icon": "dashboard", "link": reverse("admin:index")}
    items = [overview]
    for app in admin.site.get_app_list(request):
        items += [_model_item(app["app_label"], model) for model in app["models"]]
    return {"title": settings.SERVICE.capitalize(), "separator": True, "items": items}


def _model_item(app_label: str, model: dict[str, Any]) -> Item:
    item = {
        "title": model["name"],
        "icon": "bolt" if app_label == EVENTS_APP else "list_alt",
        "link": model["admin_url"],
    }
    if model["model"] is FailedEvent and (failed := count_failed()):
        item |= {"badge": failed, "badge_variant": "danger"}
    return item


def count_failed() -> int:
    """Events that wait for a person's decision."""
    return FailedEvent.objects.filter(status=FailedEvent.Status.FAILED).count()
