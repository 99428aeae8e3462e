"""Settings of cart: what differs from shared.settings.base."""

from shared.addresses import check_country
from shared.settings.base import *

STAFF_PERMISSIONS = {
    **STAFF_PERMISSIONS,
    "catalogue": ["cart.*_coupon", "cart.*_shippingmethod", "cart.*_taxrate", "cart.view_*"],
    "support": ["cart.view_*"],
}

DEFAULT_COUNTRY = check_country(env.str("SOUK_DEFAULT_COUNTRY", "DE"))
# A guest's hold on a cart.
CART_COOKIE = {
    "key": "cart",
    "max_age": 30 * 24 * 3600,
    "httponly": True,
    "samesite": "Lax",
    "secure": PUBLIC_URL.startswith("https:"),
}
CSRF_FAILURE_VIEW = "cart.pages.form_out_of_date"
