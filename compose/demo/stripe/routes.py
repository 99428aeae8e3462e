"""The API's surface: every call, its parameters, and whether a browser's key may make it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from . import account, customers, disputes, endpoints, events, intents, methods, refunds
from .context import Context
from .errors import Json, UnknownRoute
from .lists import Listing
from .params import Params

Handler = Callable[..., Json]

METHOD_CHOICE = ("payment_method", "payment_method_data")
CONFIRMATION = (
    *METHOD_CHOICE,
    "error_on_requires_action",
    "mandate_data",
    "off_session",
    "payment_method_options",
    "receipt_email",
    "return_url",
    "setup_future_usage",
    "shipping",
    "use_stripe_sdk",
)
INTENT = (
    *METHOD_CHOICE,
    "amount",
    "currency",
    "customer",
    "description",
    "metadata",
    "payment_method_options",
    "payment_method_types",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
NEW_INTENT = (
    *INTENT,
    *CONFIRMATION,
    "automatic_payment_methods",
    "capture_method",
    "confirm",
    "confirmation_method",
)
CUSTOMER = (
    "address",
    "description",
    "email",
    "invoice_settings",
    "metadata",
    "name",
    "payment_method",
    "phone",
    "shipping",
)
HOOK = ("url", "enabled_events", "description", "metadata")
SERVER_ONLY = ("off_session", "error_on_requires_action")


@dataclass(frozen=True)
class Route:
    """One call. `known` names its parameters besides `expand`."""

    method: str
    path: str
    handler: Handler
    known: tuple[str, ...] = ()
    browser: bool = False

    def match(self, method: str, path: str) -> tuple[str, ...] | None:
        """The ids in the path, or None."""
        pattern = re.sub(r"\{id\}", "([A-Za-z0-9_]{1,100})", self.path)
        found = re.fullmatch(pattern, path) if method == self.method else None
        return None if found is None else found.groups()

    def accepted(self, *, by_browser: bool) -> tuple[str, ...]:
        """Every parameter that this caller may send."""
        if not by_browser:
            return (
                (*self.known, "expand", "client_secret")
                if self.browser
                else (
                    *self.known,
                    "expand",
                )
            )
        own = tuple(name for name in self.known if name not in SERVER_ONLY)
        return (*own, "expand", "client_secret", "key")


def _listing(path: str, kind: str, *filters: str, parent: str | None = None) -> Route:
    listing = Listing(kind, filters, parent)
    return Route("GET", path, listing, listing.known)


PI = "/v1/payment_intents"
PM = "/v1/payment_methods"
WE = "/v1/webhook_endpoints"
CUS = "/v1/customers"


def _read(kind: str) -> Handler:
    def retrieve(ctx: Context, params: Params, object_id: str) -> Json:
        return ctx.tx.get(kind, object_id)

    return retrieve


ROUTES = (
    Route("GET", "/v1/account", account.retrieve),
    Route("GET", "/v1/accounts/{id}", account.retrieve),
    Route("POST", PI, intents.create, NEW_INTENT),
    _listing(PI, "payment_intent", "customer"),
    Route("GET", f"{PI}/{{id}}", intents.retrieve, browser=True),
    Route("POST", f"{PI}/{{id}}", intents.update, INTENT),
    Route("POST", f"{PI}/{{id}}/confirm", intents.confirm, CONFIRMATION, browser=True),
    Route("POST", f"{PI}/{{id}}/capture", intents.capture, ("amount_to_capture", "metadata")),
    Route("POST", f"{PI}/{{id}}/cancel", intents.cancel, ("cancellation_reason",)),
    Route("POST", PM, methods.create, methods.DATA, browser=True),
    _listing(PM, "payment_method", "customer", "type"),
    _listing(f"{CUS}/{{id}}/payment_methods", "payment_method", "type", parent="customer"),
    Route("GET", f"{PM}/{{id}}", methods.retrieve),
    Route("POST", f"{PM}/{{id}}", methods.update, ("billing_details", "card", "metadata")),
    Route("POST", f"{PM}/{{id}}/attach", methods.attach, ("customer",)),
    Route("POST", f"{PM}/{{id}}/detach", methods.detach),
    Route("POST", CUS, customers.create, CUSTOMER),
    _listing(CUS, "customer", "email"),
    Route("GET", f"{CUS}/{{id}}", customers.retrieve),
    Route("POST", f"{CUS}/{{id}}", customers.update, CUSTOMER),
    Route("DELETE", f"{CUS}/{{id}}", customers.delete),
    Route("GET", "/v1/charges/{id}", _read("charge")),
    _listing("/v1/charges", "charge", "payment_intent", "customer", "transfer_group"),
    Route("GET", "/v1/balance_transactions/{id}", _read("balance_transaction")),
    _listing("/v1/balance_transactions", "balance_transaction", "source", "type", "currency"),
    Route(
        "POST",
        "/v1/refunds",
        refunds.create,
        ("payment_intent", "charge", "amount", "reason", "metadata"),
    ),
    _listing("/v1/refunds", "refund", "payment_intent", "charge"),
    Route("GET", "/v1/refunds/{id}", refunds.retrieve),
    Route("POST", "/v1/refunds/{id}", refunds.update, ("metadata",)),
    _listing("/v1/disputes", "dispute", "payment_intent", "charge"),
    Route("GET", "/v1/disputes/{id}", disputes.retrieve),
    Route("POST", "/v1/disputes/{id}", disputes.update, ("evidence", "metadata", "submit")),
    Route("POST", "/v1/disputes/{id}/close", disputes.close),
    _listing("/v1/events", "event", "type"),
    Route("GET", "/v1/events/{id}", events.retrieve),
    Route("POST", WE, endpoints.create, (*HOOK, "api_version", "connect")),
    _listing(WE, "webhook_endpoint"),
    Route("GET", f"{WE}/{{id}}", endpoints.retrieve),
    Route("POST", f"{WE}/{{id}}", endpoints.update, (*HOOK, "disabled")),
    Route("DELETE", f"{WE}/{{id}}", endpoints.delete),
)


def find(method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    """The route and the ids in the path."""
    for route in ROUTES:
        ids = route.match(method, path)
        if ids is not None:
            return route, ids
    raise UnknownRoute(
        f"Unrecognized request URL ({method}: {path[:200]}). Please see"
        " https://stripe.com/docs or we can help at https://support.stripe.com/."
    )
