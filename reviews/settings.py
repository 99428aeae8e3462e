"""Settings of reviews: what differs from shared.settings.base."""

from shared.settings.base import *

STAFF_PERMISSIONS = {
    **STAFF_PERMISSIONS,
    "support": ["reviews.view_*", "reviews.change_review"],
    "catalogue": ["reviews.view_*", "reviews.change_review"],
}
