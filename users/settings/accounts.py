"""Settings of the account library (django-allauth) and of the tokens it leads to."""

from datetime import timedelta

from shared.settings.base import PUBLIC_URL, SIMPLE_JWT, env

# A provider is there once its keys are set.
SOCIALACCOUNT_PROVIDERS = {
    name: {
        "APPS": [{"client_id": client_id, "secret": env.str(f"SOUK_{name.upper()}_SECRET", "")}],
        "VERIFIED_EMAIL": True,
    }
    for name in ("google", "github")
    if (client_id := env.str(f"SOUK_{name.upper()}_CLIENT_ID", ""))
}
ACCOUNT_APPS = [
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "allauth.socialaccount",
    *(f"allauth.socialaccount.providers.{name}" for name in SOCIALACCOUNT_PROVIDERS),
    "rest_framework_simplejwt.token_blacklist",
]


def account_middleware(base: list[str]) -> list[str]:
    """The people of this service are its own users, not shadows of somebody else's."""
    at = base.index("shared.auth.middleware.ShadowAccountMiddleware")
    own = [
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ]
    return [*base[:at], *own, *base[at + 1 :]]


AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "shared.auth.accounts.StaffRoleBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

ACCOUNT_ADAPTER = "users.pages.adapter.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "users.pages.adapter.SocialAdapter"
USERSESSIONS_ADAPTER = "users.pages.adapter.SessionsAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = PUBLIC_URL.split(":")[0]
ALLAUTH_TRUSTED_CLIENT_IP_HEADER = "X-Real-IP"
LOGIN_REDIRECT_URL = "/users/profile/"
USERSESSIONS_TRACK_ACTIVITY = False
SESSION_COOKIE_AGE = 14 * 24 * 3600

# How many wrong passwords an account and an address get before they have to wait.
LOGIN_FAILURES = 8
LOGIN_FAILURE_WINDOW = timedelta(minutes=5)
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/m/ip,8/5m/key",
    "signup": "30/m/ip",
    "reset_password": "20/m/ip,5/m/key",
}

SIMPLE_JWT = {
    **SIMPLE_JWT,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=10),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
}
