"""Settings of payments: what differs from shared.settings.base."""

from shared.settings.base import *

# Before ours, whose admin replaces dj-stripe's.
INSTALLED_APPS = ["djstripe", *INSTALLED_APPS]
STAFF_PERMISSIONS = {**STAFF_PERMISSIONS, "support": ["payments.view_*", "payments.change_payment"]}

STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", "sk_test_" + "0" * 24)
STRIPE_PUBLIC_KEY = env.str("STRIPE_PUBLISHABLE_KEY", "pk_test_" + "0" * 24)
STRIPE_LIVE_MODE = "_live_" in STRIPE_SECRET_KEY
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", "")
STRIPE_WEBHOOK_UUID = env.str("STRIPE_WEBHOOK_UUID", "5f7c1f0e-5a0c-4c52-9c1e-0a5d7e1f3b60")
STRIPE_JS_URL = env.str("STRIPE_JS_URL", "https://js.stripe.com/v3/")
if STRIPE_API_BASE := env.str("STRIPE_API_BASE", ""):
    STRIPE_API_HOST = STRIPE_API_BASE
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
DJSTRIPE_WEBHOOK_EVENT_CALLBACK = "payments.operations.receive_webhook"
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "djstripe.W002"]
