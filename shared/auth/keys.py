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
# A kid that nobody knows, while the issuer does not answer: the next one need not hang for it.
SECONDS_BETWEEN_SEARCHES_IN_VAIN = 10.0
LONGEST_WAIT_SECONDS = 0.5
CACHE_KEY = "auth:jwks"


Document = dict[str, Any]


class KeySet:
    """kid -> public key. Thread safe; knows when to look again."""

    def __init__(
        self, fetch: Callable[[], Document | None], *, in_background: bool = False
    ) -> None:
        """`fetch` gives the JWKS document, or None while the issuer cannot be asked. Where that may
        take long, known keys are renewed `in_background` and do meanwhile."""
        self._fetch = fetch
        self._in_background = in_background
        self._lock = threading.Lock()
        self._keys: dict[str, Any] = {}
        self._fetched_at = self._tried_at = 0.0
        self._is_new = True

    def get(self, kid: str) -> Any | None:
        """The key, or None when the issuer does not know it either."""
        if self._is_new:
            self._keys, self._is_new = self._keys or _recall(), False
        if kid not in self._keys:
            self._look_for_unknown()
        elif time.monotonic() - self._fetched_at > REFRESH_SECONDS:
            self._renew()
        return self._keys.get(kid)

    def _look_for_unknown(self) -> None:
        """One thread asks; the others wait a moment for what it finds, not for a hanging issuer."""
        in_vain = self._keys and self._fetched_at < self._tried_at
        pause = SECONDS_BETWEEN_SEARCHES_IN_VAIN if in_vain else MIN_SECONDS_BETWEEN_FETCHES
        if self._is_due(pause) and self._lock.acquire(timeout=LONGEST_WAIT_SECONDS):
            if self._is_due(pause):
                self._update()
            else:
                self._lock.release()

    def _renew(self) -> None:
        due = self._is_due(SECONDS_BETWEEN_REFRESHES_IN_VAIN)
        if due and self._lock.acquire(blocking=False):
            if self._in_background:
                threading.Thread(target=self._update, daemon=True).start()
            else:
                self._update()

    def _is_due(self, pause: float) -> bool:
        return not self._tried_at or time.monotonic() - self._tried_at >= pause

    def _update(self) -> None:
        """By whoever holds the lock, which is released."""
        try:
            fresh = self._load()
            # A fetch can take as long as its timeout: the pause begins after it.
            self._tried_at = time.monotonic()
            if fresh:
                self._keys, self._fetched_at = fresh, self._tried_at
        finally:
            self._lock.release()

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
    return KeySet(import_string(loader)) if loader else KeySet(_download, in_background=True)
