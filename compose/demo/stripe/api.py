"""A request of the API from its first byte to its answer."""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from . import account, auth, faults, idempotency, intents, lists, params, routes
from .context import API_VERSION, Config, Context, public
from .errors import (
    AccountInvalid,
    ApiError,
    BadRequest,
    InjectedError,
    InternalError,
    Json,
    SecretKeyRequired,
)
from .ids import token
from .params import Params
from .store import Store, Tx

log = logging.getLogger("compose.demo.stripe")
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Request:
    """What came over the wire; header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Answer:
    """What goes back. `lost`: the connection is cut instead (a fault)."""

    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)
    lost: bool = False


@dataclass(frozen=True)
class Call:
    """A request that was read: who asks for what."""

    request: Request
    request_id: str
    route: routes.Route
    ids: tuple[str, ...]
    params: Params
    by_browser: bool
    key: idempotency.Key | None


class Api:
    """Everything under /v1/."""

    def __init__(self, store: Store, config: Config) -> None:
        self.store = store
        self.config = config
        self.in_flight = idempotency.InFlight()

    def answer(self, request: Request) -> Answer:
        """Never raises: errors are answers."""
        request_id = f"req_{token(14)}"
        try:
            answer = self._respond(self._read(request, request_id))
        except ApiError as error:
            answer = _error(error)
        except Exception:
            log.exception("%s failed", request_id)
            answer = _error(InternalError("An unknown error occurred"))
        answer.headers.setdefault("Request-Id", request_id)
        answer.headers.setdefault("Stripe-Version", API_VERSION)
        return answer

    def _read(self, request: Request, request_id: str) -> Call:
        given = Params(params.decode(_encoded(request)))
        by_browser = auth.is_browser(self.config, request.headers.get("authorization"), given)
        self._check_headers(request)
        route, ids = routes.find(request.method, request.path)
        if by_browser and not route.browser:
            raise SecretKeyRequired(
                "This API call cannot be made with a publishable API key. Please use a secret API"
                " key."
            )
        given.only(route.accepted(by_browser=by_browser))
        key = _key(request, given, by_browser=by_browser)
        return Call(request, request_id, route, ids, given, by_browser, key)

    def _check_headers(self, request: Request) -> None:
        version = request.headers.get("stripe-version", API_VERSION)
        if not re.fullmatch(r"\d{4}-\d\d-\d\d(\.[a-z]+)?(;.*)?", version):
            raise BadRequest(f"Invalid Stripe API version: {version[:40]}")
        wanted = request.headers.get("stripe-account")
        if wanted:
            with self.store.transaction() as tx:
                if wanted != account.identity(tx)["id"]:
                    message = f"The provided key does not have access to account '{wanted[:40]}'."
                    raise AccountInvalid(message)

    def _respond(self, call: Call) -> Answer:
        if call.key is None:
            return self._meet_faults_and_run(call)
        with self.in_flight.hold(call.key):
            with self.store.transaction() as tx:
                kept = idempotency.find(tx, call.key, int(time.time()))
            if kept is None:
                return _with_key(self._meet_faults_and_run(call), call.key, call.request_id)
            answer = Answer(kept.status, kept.body, {"Idempotent-Replayed": "true"})
            return _with_key(answer, call.key, kept.request_id)

    def _meet_faults_and_run(self, call: Call) -> Answer:
        with self.store.transaction() as tx:
            active = faults.read(tx)
            fails = faults.take(tx, "next_errors") or random.random() < active["error_rate"]
            lost = not fails and call.request.method == "POST" and faults.take(tx, "lose_answers")
        time.sleep(active["latency_ms"] / 1000)
        if fails:
            raise InjectedError(active["error_status"])
        answer = self._run(call)
        answer.lost = lost
        return answer

    def _run(self, call: Call) -> Answer:
        with self.store.transaction() as tx:
            context = self._context(tx, call)
            answer = self._execute(call, context)
            if call.key is not None:
                kept = idempotency.Kept(answer.status, answer.body, call.request_id)
                idempotency.keep(tx, call.key, kept, context.now)
        return answer

    def _context(self, tx: Tx, call: Call) -> Context:
        key = call.key.value if call.key else None
        active = faults.read(tx)
        now = time.time()
        return Context(tx, self.config, active, now, call.request_id, key, call.by_browser)

    def _execute(self, call: Call, context: Context) -> Answer:
        try:
            with self.store.savepoint(context.tx):
                body = public(call.route.handler(context, call.params, *call.ids))
                if body["object"] == "list":
                    body["url"] = call.request.path
                return Answer(200, lists.expand(context, body, call.params))
        except ApiError as error:
            if not error.replayed:
                raise
            _hide_from_browsers(error, context)
            return _error(error)
        except Exception:
            log.exception("%s failed", call.request_id)
            return _error(InternalError("An unknown error occurred"))


def _encoded(request: Request) -> str:
    if request.method != "POST":
        return request.query
    kind = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if request.body and kind != FORM:
        message = f"Invalid request (check that your POST content type is {FORM})."
        raise BadRequest(message)
    try:
        return request.body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest("Invalid request: the body is not valid UTF-8.") from error


def _key(request: Request, given: Params, *, by_browser: bool) -> idempotency.Key | None:
    value = request.headers.get("idempotency-key")
    if request.method != "POST" or not value:
        return None
    return idempotency.Key.of(value, request.path, given.values, by_browser=by_browser)


def _with_key(answer: Answer, key: idempotency.Key, first_request: str) -> Answer:
    answer.headers.update({"Idempotency-Key": key.value, "Original-Request": first_request})
    return answer


def _hide_from_browsers(error: ApiError, context: Context) -> None:
    intent = error.details.get("payment_intent")
    if intent is not None:
        error.details["payment_intent"] = intents.shown(context, intent)


def _error(error: ApiError) -> Answer:
    headers = {}
    if isinstance(error, InjectedError) or error.status == 409:
        headers["Stripe-Should-Retry"] = "true"
    elif isinstance(error, InternalError):
        headers["Stripe-Should-Retry"] = "false"
    return Answer(error.status, error.body(), headers)
