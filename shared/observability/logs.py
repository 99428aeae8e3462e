"""Structured logs: one JSON object a line, with the ids of the request or event being handled."""

import logging
import logging.config
import sys
from contextlib import suppress
from typing import Any

import structlog

from shared.auth.masking import mask_secrets

# Never written to a log, whatever field they arrive in.
SECRET_KEYS = frozenset(
    {"authorization", "cookie", "password", "token", "access", "refresh", "client_secret", "secret"}
)


def write_line(line: str) -> None:
    """A log that cannot be written is no reason to refuse a request."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


class Log:
    """Where structlog's lines go."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def msg(self, line: str) -> None:
        write_line(line)

    debug = info = warning = error = critical = exception = msg


class Lines(logging.Handler):
    """Where the lines of Python's own logging go."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            write_line(self.format(record))
        except Exception:
            self.handleError(record)


def _service(name: str) -> Any:
    def add(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
        event["service"] = name
        return event

    return add


def hide_secrets(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replaces the values of fields that name a secret, also inside other values, and the keys in
    links that were mailed."""
    hidden: dict[str, Any] = _hidden(event)
    return hidden


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return mask_secrets(value, "***")
    if isinstance(value, dict):
        return {
            key: "***" if str(key).lower() in SECRET_KEYS else _hidden(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_hidden(item) for item in value]
    return value


def configure(config: dict[str, str]) -> None:
    """Django's LOGGING_CONFIG. `config`: service, format (json or console) and level. What
    libraries tell Python's logging becomes lines of the same shape; our own go a shorter way."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _service(config["service"]),
        hide_secrets,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if config["format"] == "json"
        else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=Log,
        wrapper_class=structlog.make_filtering_bound_logger(config["level"]),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        renderer,
                    ],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"stderr": {"()": Lines, "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": config["level"]},
            "loggers": {
                name: {"level": "WARNING"}
                for name in (
                    "amqp",
                    "celery.worker.strategy",
                    "celery.app.trace",
                    "kombu",
                    "PIL",
                    "stripe",
                )
            },
        }
    )
