"""Anticipated refusals and the one way they are told: problem JSON (RFC 9457) or a readable page.

A `DomainError` subclass lives beside the rule that raises it. Its `code` is part of the API and
never changes. Whatever is not a DomainError is a bug and is reported as one.
"""

import math
import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions

if TYPE_CHECKING:
    from rest_framework.response import Response

PROBLEM_JSON = "application/problem+json"
BAD_REQUEST: dict[str, Any] = {"status": 400, "code": "bad_request", "title": "Bad request"}
# In the words of the gateway, which says so of a service that is down.
UNAVAILABLE: dict[str, Any] = {
    "status": 503,
    "code": "service_unavailable",
    "title": "This part of the shop is unavailable",
    "detail": "Everything else is open, and nothing of yours is lost."
    " Please try again in a moment.",
}
RETRY_SECONDS = 5
log = structlog.get_logger(__name__)


class DomainError(Exception):
    """A refusal that a caller can understand. `detail` is one sentence for a person."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "That is not possible"

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra = extra


class NotFound(DomainError):
    code = "not_found"
    status = 404
    title = "Not found"


class Forbidden(DomainError):
    code = "forbidden"
    status = 403
    title = "Not allowed"


class Conflict(DomainError):
    code = "conflict"
    status = 409
    title = "The present state does not allow that"


class IdempotencyKeyReused(Conflict):
    """Of whatever keeps keys of repeatable requests (see `shared.api.idempotency`)."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key belongs to another request"


class InvalidInput(DomainError):
    """`errors` maps a field's name to its sentences."""

    code = "invalid_input"
    status = 400
    title = "The input is not valid"

    def __init__(self, detail: str = "", **errors: list[str]) -> None:
        super().__init__(detail, errors=errors) if errors else super().__init__(detail)


def problem(
    *, status: int, code: str, title: str, detail: str = "", **extra: Any
) -> dict[str, Any]:
    """The body of a problem document."""
    return {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail or title,
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
        **extra,
    }


def _describe(error: Exception) -> dict[str, Any] | None:
    if isinstance(error, DomainError):
        return problem(
            status=error.status,
            code=error.code,
            title=error.title,
            detail=error.detail,
            **error.extra,
        )
    if isinstance(error, Http404):
        return problem(status=404, code="not_found", title="Not found")
    if isinstance(error, PermissionDenied):
        return problem(status=403, code="forbidden", title="Not allowed")
    if isinstance(error, exceptions.ValidationError):
        return problem(
            status=400, code=_code_of(error), title=InvalidInput.title, errors=error.detail
        )
    if isinstance(error, exceptions.APIException):
        code = error.get_codes()
        return problem(
            status=error.status_code,
            code=code if isinstance(code, str) else error.default_code,
            title=HTTPStatus(error.status_code).phrase,
            detail=str(error.detail),
        )
    return None


def _code_of(error: exceptions.ValidationError) -> str:
    """unknown_field where nothing else is wrong."""
    return "unknown_field" if _leaves(error.get_codes()) == {"unknown_field"} else "invalid_input"


def _leaves(codes: Any) -> set[str]:
    if isinstance(codes, str):
        return {codes}
    items = codes.values() if isinstance(codes, dict) else codes
    return set().union(*map(_leaves, items))


def api_exception_handler(error: Exception, context: Mapping[str, Any]) -> "Response | None":
    """DRF's EXCEPTION_HANDLER: every anticipated error becomes problem JSON."""
    # DRF's views import our authentication class, which raises errors of this module.
    from rest_framework.response import Response
    from rest_framework.views import set_rollback

    body = _describe(error)
    if body is None:
        return None
    set_rollback()
    # The browsable API is a page around the problem: it keeps its own content type.
    renderer = getattr(context.get("request"), "accepted_renderer", None)
    is_page = getattr(renderer, "format", "") == "api"
    headers = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(math.ceil(wait))
    content_type = None if is_page else PROBLEM_JSON
    return Response(body, status=body["status"], headers=headers, content_type=content_type)


def wants_json(request: HttpRequest) -> bool:
    """True for API paths and for clients that ask for JSON first."""
    return "/api/" in request.path or request.headers.get("Accept", "").startswith(
        "application/json"
    )


def render_problem(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """The same problem for whoever asks: JSON for programs, a page for people."""
    if wants_json(request):
        return JsonResponse(body, status=body["status"], content_type=PROBLEM_JSON)
    template = (
        "storefront/error_fragment.html"
        if "/fragments/" in request.path
        else "storefront/error.html"
    )
    return render(request, template, {"problem": body}, status=body["status"])


class DomainErrorMiddleware:
    """Renders the anticipated errors of plain Django views; lets bugs through. An address with a
    NUL is refused before any view: PostgreSQL takes none, so it can name nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return render_problem(request, problem(**BAD_REQUEST))
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        body = _describe(error)
        if body is None:
            return None
        if connection.in_atomic_block and connection.settings_dict.get("ATOMIC_REQUESTS"):
            connection.set_rollback(True)
        return render_problem(request, body)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404 of every service."""
    return render_problem(request, problem(status=404, code="not_found", title="Page not found"))


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500 of every service: says that it is our fault, and the request id to quote; or,
    while database or cache are away, that one may come back."""
    if _is_outage(sys.exc_info()[1]):
        answer = render_problem(request, problem(**UNAVAILABLE))
        answer["Retry-After"] = str(RETRY_SECONDS)
        return answer
    return render_problem(
        request,
        problem(
            status=500,
            code="internal_error",
            title="Something broke on our side",
            detail="The error was recorded. Quote the request id if you write to us.",
        ),
    )


def _is_outage(error: BaseException | None) -> bool:
    # Who has met the cache has its errors loaded; loading them here would slow every start.
    cache = sys.modules.get("redis.exceptions")
    if cache and isinstance(error, (cache.ConnectionError, cache.TimeoutError)):
        return True
    # A statement that the database refused, such as one that took too long, is raised alike.
    is_of_database = isinstance(error, (OperationalError, InterfaceError))
    return is_of_database and not connection.is_usable()


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW of every service."""
    return render_problem(
        request,
        problem(
            status=403,
            code="csrf_failed",
            title="This form is out of date",
            detail="Go back, load the page anew and send it again.",
        ),
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400 of every service."""
    return render_problem(request, problem(**BAD_REQUEST))
