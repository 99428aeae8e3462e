"""Settings of recommend: what differs from shared.settings.base."""

from shared.settings.base import *

STAFF_PERMISSIONS = {
    **STAFF_PERMISSIONS,
    "catalogue": ["recommend.view_*", "recommend.change_trainedmodel"],
}
