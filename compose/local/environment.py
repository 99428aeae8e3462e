"""The variables that every process gets, written to `env/<service>.env` (private)."""

import os
import secrets
import shlex
import string
import uuid
from collections.abc import Mapping

from compose.local import accounts, postgres, rabbitmq, redis
from compose.local.errors import NotRunning, Refused, UnknownName
from compose.local.layout import Layout
from compose.local.network import LOOPBACK
from compose.local.programs import write_private
from compose.local.state import State
from shared.money import check_currency
from shared.services import SERVICES
from shared.timezones import check_time_zone

DEFAULT_HTTP_PORT, DEFAULT_HTTPS_PORT = 8000, 8443
STRIPE_JS = "https://js.stripe.com/v3/"
ALPHANUMERIC = string.ascii_letters + string.digits
# What a caller may set for all services; everything else is made here.
DEFAULTS = {
    "SOUK_LOG_FORMAT": "json",
    "SOUK_DEBUG": "0",
    "SOUK_CURRENCY": "EUR",
    "SOUK_RATE_LIMITS": "standard",
    "SOUK_HTTPS_ONLY": "0",
    "SOUK_RESERVATION_MINUTES": "30",
    "SOUK_TIME_ZONE": "UTC",
}
# What a caller may set for one service (`""`: for all); unset is the service's own default.
OPTIONAL = {
    "": ("SOUK_SHOP_NAME", "SOUK_SECURITY_CONTACT", "SOUK_CAPABILITY_PREVIOUS_KEYS"),
    "users": (
        *("SOUK_GOOGLE_CLIENT_ID", "SOUK_GOOGLE_SECRET"),
        *("SOUK_GITHUB_CLIENT_ID", "SOUK_GITHUB_SECRET"),
    ),
    "notify": ("SOUK_EMAIL_URL", "SOUK_EMAIL_BACKEND", "SOUK_FROM_EMAIL"),
}
MAIL_PROVIDER = "ANYMAIL_"
KINDS = ("sandbox", "test", "live")
REAL_STRIPE = ("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET")


def choose_gateway_ports(layout: Layout, state: State) -> None:
    """The shop's ports: the caller's, else those of last time, else 8000 and 8443.

    Run directories for tests always take free ones, so that they run beside a shop.
    """
    if layout.for_tests:
        return
    for name, variable, default in (
        ("http", "SOUK_HTTP_PORT", DEFAULT_HTTP_PORT),
        ("https", "SOUK_HTTPS_PORT", DEFAULT_HTTPS_PORT),
    ):
        wanted = os.environ.get(variable) or state.get("ports", name) or default
        state.put("ports", name, int(wanted))


def choose_settings(layout: Layout, state: State) -> None:
    """The caller's SOUK_… values, kept so that the next command needs no repetition. Raises
    UnknownName for a currency or a time zone that is none."""
    for name, check in (("SOUK_CURRENCY", check_currency), ("SOUK_TIME_ZONE", check_time_zone)):
        try:
            check(os.environ.get(name, DEFAULTS[name]))
        except ValueError as error:
            raise UnknownName(f"{name}: {error}.") from error
    for name in DEFAULTS:
        if name in os.environ:
            state.put("settings", name, os.environ[name])
    if layout.for_tests:
        state.put("settings", "SOUK_RATE_LIMITS", "off")
    else:
        _keep_options(state)


def _keep_options(state: State) -> None:
    """An empty value takes the setting back."""
    for service, names in OPTIONAL.items():
        own = [n for n in os.environ if n.startswith(MAIL_PROVIDER)] if service == "notify" else []
        for name in (*names, *own):
            if value := os.environ.get(name):
                state.put(f"options {service}", name, value)
            elif name in os.environ:
                state.forget(f"options {service}", name)


def setting(state: State, name: str) -> str:
    return str(state.get("settings", name) or DEFAULTS[name])


def https_only(state: State) -> bool:
    return setting(state, "SOUK_HTTPS_ONLY") == "1"


def public_url(state: State) -> str:
    """Where people find the shop."""
    return public_tls_url(state) if https_only(state) else _plain_url(state)


def _plain_url(state: State) -> str:
    """Where the shop's own programs find the gateway; they do not know its certificate."""
    return f"http://{LOOPBACK}:{state.port('http')}"


def public_tls_url(state: State) -> str:
    return f"https://{LOOPBACK}:{state.port('https')}"


def stripe_webhook_url(state: State) -> str:
    """Where the payment provider sends its events: through the gateway."""
    return f"{_plain_url(state)}/payments/webhooks/stripe/{_stripe_endpoint(state)}/"


def _stripe_endpoint(state: State) -> str:
    # The last part of the webhook's address: not to be guessed, and the same after a restart.
    return state.secret("stripe-endpoint", lambda: str(uuid.uuid4()))


def uses_sandbox(state: State) -> bool:
    """False once the caller has given a real Stripe key."""
    return not state.get("stripe", "STRIPE_SECRET_KEY")


def keep_stripe_keys(state: State) -> None:
    """Real keys count as long as the caller sets them. A shop that has run with real ones does not
    fall back by itself: nobody would notice that it takes no money any more. Raises Refused."""
    _check_kind(state)
    for name in REAL_STRIPE:
        given = os.environ.get(name) if os.environ.get("STRIPE_SECRET_KEY") else None
        if given:
            state.put("stripe", name, given)
        else:
            state.forget("stripe", name)


def _check_kind(state: State) -> None:
    """The caller's SOUK_PAYMENTS says that less real payments are meant."""
    before = _kind(str(state.get("stripe", "STRIPE_SECRET_KEY") or ""))
    now = _kind(os.environ.get("STRIPE_SECRET_KEY", ""))
    if KINDS.index(now) < KINDS.index(before) and os.environ.get("SOUK_PAYMENTS") != now:
        raise Refused(
            f"This shop has run with Stripe's {before} keys. Set STRIPE_SECRET_KEY, "
            "STRIPE_PUBLISHABLE_KEY and STRIPE_WEBHOOK_SECRET again; or, if it shall take no more "
            f"such payments: SOUK_PAYMENTS={now} ./manage_all.sh up"
        )


def _kind(key: str) -> str:
    if not key:
        return "sandbox"
    return "live" if "_live_" in key else "test"


def of_service(layout: Layout, state: State, service: str) -> dict[str, str]:
    """All variables of one service."""
    public = public_url(state)
    variables = {
        **{name: setting(state, name) for name in DEFAULTS},
        "SOUK_SECRET_KEY": state.secret(f"django-{service}"),
        "SOUK_DATABASE_URL": postgres.url(state, service),
        "SOUK_BROKER_URL": rabbitmq.url(state),
        "SOUK_CACHE_URL": redis.url(state),
        "SOUK_PUBLIC_URL": public,
        "SOUK_PUBLIC_URL_TLS": public_tls_url(state),
        "SOUK_JWKS_URL": f"{_plain_url(state)}/users/.well-known/jwks.json",
        "SOUK_CAPABILITY_KEY": state.secret("capability"),
        "SOUK_STATIC_ROOT": str(layout.static),
        "SOUK_MEDIA_ROOT": str(layout.media),
        **_of_one(state, service),
    }
    return variables | state.all("options ") | state.all(f"options {service}")


def write_all(layout: Layout, state: State) -> None:
    """Writes every service's file; in a test run directory also one for shared/."""
    names = [*SERVICES, "shared"] if layout.for_tests else SERVICES
    for service in names:
        write(layout, service, of_service(layout, state, service))


def write(layout: Layout, service: str, variables: Mapping[str, str]) -> None:
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in sorted(variables.items())]
    write_private(layout.env_file(service), "".join(lines))


def read(layout: Layout, service: str) -> dict[str, str]:
    """The variables in the service's file; NotRunning when there is none yet."""
    path = layout.env_file(service)
    if not path.is_file():
        raise NotRunning("Souk has not been set up here yet: run ./manage_all.sh up first.")
    pairs = (line.partition("=") for line in path.read_text().splitlines())
    return {name: "".join(shlex.split(value)) for name, _, value in pairs}


def of_process(layout: Layout, service: str) -> dict[str, str]:
    """The whole environment of a process of the service that supervisord does not start."""
    return {
        **inherited(layout),
        **read(layout, service),
        "DJANGO_SETTINGS_MODULE": f"{service}.settings",
    }


def inherited(layout: Layout) -> dict[str, str]:
    """What programs may inherit from the caller: where to find things, and the language."""
    kept = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR")
    # Safe path: a service's folder must never come first on sys.path, whatever the directory is.
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "PYTHONPATH": str(layout.root),
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _of_one(state: State, service: str) -> dict[str, str]:
    """What no other service needs."""
    if service == "users":
        return {"SOUK_DEMO_ACCOUNTS": accounts.as_json()}
    if service == "notify":
        return {"SOUK_EMAIL_URL": f"smtp://{LOOPBACK}:{state.port('mailbox-smtp')}"}
    if service == "payments":
        return {**_stripe(state), "STRIPE_WEBHOOK_UUID": _stripe_endpoint(state)}
    return {}


def _stripe(state: State) -> dict[str, str]:
    if not uses_sandbox(state):
        kept = {name: str(state.get("stripe", name) or "") for name in REAL_STRIPE}
        return {**kept, "STRIPE_API_BASE": "", "STRIPE_JS_URL": STRIPE_JS}
    return {
        "STRIPE_SECRET_KEY": state.secret("stripe-secret", lambda: _key("sk_test_")),
        "STRIPE_PUBLISHABLE_KEY": state.secret("stripe-public", lambda: _key("pk_test_")),
        "STRIPE_WEBHOOK_SECRET": state.secret("stripe-webhook", lambda: _key("whsec_")),
        "STRIPE_API_BASE": f"http://{LOOPBACK}:{state.port('payments-sandbox')}",
        "STRIPE_JS_URL": f"{public_url(state)}/payments/sandbox/v3/",
    }


def _key(prefix: str) -> str:
    return prefix + "".join(secrets.choice(ALPHANUMERIC) for _ in range(32))
