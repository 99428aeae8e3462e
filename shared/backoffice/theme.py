"""The look of the admins: unfold's settings in the colours of the storefront."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static

COBALT = {
    "50": "#f1f1fd",
    "100": "#e4e5fb",
    "200": "#cccef8",
    "300": "#b1b7ff",
    "400": "#9da4fa",
    "500": "#858cf3",
    "600": "#2b32c4",
    "700": "#242aa6",
    "800": "#1f2499",
    "900": "#1b1f6e",
    "950": "#14163d",
}
# The storefront's greys: a little blue in the dark, a little warm in the light.
PLASTER = {
    "50": "#f8f8f5",
    "100": "#f0f0ec",
    "200": "#e1e1db",
    "300": "#cacbc9",
    "400": "#9a9da6",
    "500": "#6b6f7b",
    "600": "#555965",
    "700": "#3b3e4c",
    "800": "#262935",
    "900": "#1a1c25",
    "950": "#12131a",
}


def unfold_settings(service: str, shop_name: str) -> dict[str, Any]:
    """The UNFOLD setting of a service's admin."""
    return {
        "SITE_TITLE": f"{service.capitalize()} · {shop_name}",
        "SITE_HEADER": shop_name,
        "SITE_SUBHEADER": "Back office",
        "SITE_URL": "/",
        "SITE_ICON": {"light": site_icon, "dark": site_icon},
        "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": site_icon}],
        "STYLES": [style_sheet],
        "BORDER_RADIUS": "8px",
        "COLORS": {"primary": COBALT, "base": PLASTER},
        "DASHBOARD_CALLBACK": "shared.backoffice.dashboard.add_event_counts",
        "SIDEBAR": {
            "show_search": True,
            "show_all_applications": False,
            "navigation": "shared.backoffice.navigation.sidebar",
        },
    }


def site_icon(request: HttpRequest) -> str:
    return static("storefront/favicon.svg")


def style_sheet(request: HttpRequest) -> str:
    return static("backoffice/backoffice.css")
