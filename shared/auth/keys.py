"""The public keys of the token issuer, fetched by JWKS and remembered.

The last good answer is kept in the cache without an end, so that tokens are verified while the
issuer is down, also by a process that has just started.
"""

import json
import threading
import time
import urllib.request
from collections.abc import Callable
from functools import cache
from http.client import HTTPException
from typing import Any

import jwt
import structlog
from django.conf import settings
from django.core.cache import caches
from django.utils.module_loading import import_string

log = structlog.get_logger(__name__)

REFRESH_SECONDS = 300.0
# A token with an unknown kid asks for a fetch: forged kids must not turn into a stream of them.
MIN_SECONDS_BETWEEN_FETCHES = 2.0
# Known keys do while the issuer is away: requests must not wait for it one after another.
SECONDS_BETWEEN_REFRESHES_IN_VAIN = 30.0
CACHE_KEY = "auth:jwks"


Document = dict[str, Any]


class KeySet:
    """kid -> public key. Thread safe; knows when to look again."""

    def __init__(self, fetch: Callable[[], Document | None]) -> None:
        """`fetch` gives the JWKS document, or None while the issuer cannot be asked."""
        self._fetch = fetch
        self._lock = threading.Lock()
        self._keys: dict[str, Any] = {}
        self._fetched_at = 0.0
        self._tried_at = 0.0

    def get(self, kid: str) -> Any | None:
        """The key, or None when the issuer does not know it either."""
        if kid not in self._keys:
            self._refresh(MIN_SECONDS_BETWEEN_FETCHES)
        elif time.monotonic() - self._fetched_at > REFRESH_SECONDS:
            self._refresh(SECONDS_BETWEEN_REFRESHES_IN_VAIN)
        return self._keys.get(kid)

    def _refresh(self, pause: float) -> None:
        with self._lock:
            if self._tried_at and time.monotonic() - self._tried_at < pause:
                return
            fresh = self._load()
            # A fetch can take as long as its timeout: the pause begins after it.
            self._tried_at = time.monotonic()
            if fresh:
                self._fetched_at = self._tried_at
            elif not self._keys:
                fresh = _recall()
            self._keys = fresh or self._keys

    def _load(self) -> dict[str, Any]:
        document = self._fetch()
        keys = {} if document is None else read_keys(document)
        if keys:
            _remember(document)
        return keys


def read_keys(document: Any) -> dict[str, Any]:
    """kid -> public key, from a JWKS document; nothing from what is none."""
    try:
        return {
            key["kid"]: jwt.PyJWK(key).key
            for key in document["keys"]
            if key.get("kty") == "RSA" and key.get("kid")
        }
    except (TypeError, KeyError, AttributeError, ValueError, jwt.PyJWTError) as error:
        log.warning("jwks_malformed", error=repr(error))
        return {}


def _download() -> Document | None:
    try:
        with urllib.request.urlopen(settings.JWKS_URL, timeout=2) as answer:
            document: Document = json.load(answer)
    except (OSError, ValueError, HTTPException) as error:
        log.warning("jwks_unreachable", url=settings.JWKS_URL, error=str(error))
        return None
    return document


def _remember(document: Document | None) -> None:
    try:
        caches["default"].set(CACHE_KEY, document, None)
    except Exception as error:
        log.warning("jwks_not_remembered", error=str(error))


def _recall() -> dict[str, Any]:
    try:
        document: Document | None = caches["default"].get(CACHE_KEY)
    except Exception as error:
        log.warning("jwks_not_recalled", error=str(error))
        return {}
    return read_keys(document) if document else {}


@cache
def issuer_keys() -> KeySet:
    """The issuer's keys, one set for the process: from SOUK_JWKS_URL, or where the service is the
    issuer itself from the callable that JWKS_LOADER names."""
    loader = settings.JWKS_LOADER
    return KeySet(import_string(loader) if loader else _download)
