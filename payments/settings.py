"""Settings of payments: what differs from shared.settings.base."""

from shared.settings.base import *
