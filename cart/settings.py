"""Settings of cart: what differs from shared.settings.base."""

from shared.settings.base import *
