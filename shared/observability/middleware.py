"""Correlation: the gateway's request id and trace context on every log line and published event."""

import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from shared.events.ids import uuid7

log = structlog.get_logger("shared.request")


class RequestContextMiddleware:
    """Binds request_id and traceparent; logs each request with its status and milliseconds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        request_id = request.headers.get("X-Request-ID") or uuid7().hex
        structlog.contextvars.bind_contextvars(request_id=request_id[:64])
        if traceparent := request.headers.get("traceparent"):
            structlog.contextvars.bind_contextvars(traceparent=traceparent[:64])
        response = self.get_response(request)
        if "/health/" not in request.path and not request.path.endswith("/metrics"):
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )
        return response
