"""The public keys of the token issuer, fetched by JWKS and remembered.

The last good answer is kept in the cache without an end, so that tokens are verified while the
issuer is down, also by a process that has just started.
"""

import json
import threading
import time
import urllib.request
from typing import Any

import jwt
import structlog
from django.conf import settings
from django.core.cache import caches

log = structlog.get_logger(__name__)

REFRESH_SECONDS = 300.0
# A token with an unknown kid asks for a fetch: forged kids must not turn into a stream of them.
MIN_SECONDS_BETWEEN_FETCHES = 2.0
CACHE_KEY = "auth:jwks"


class KeySet:
    """kid -> public key. Thread safe; knows when to look again."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._keys: dict[str, Any] = {}
        self._fetched_at = 0.0
        self._tried_at = 0.0

    def get(self, kid: str) -> Any | None:
        """The key, or None when the issuer does not know it either."""
        age = time.monotonic() - self._fetched_at
        if kid not in self._keys or age > REFRESH_SECONDS:
            self._refresh()
        return self._keys.get(kid)

    def _refresh(self) -> None:
        with self._lock:
            if time.monotonic() - self._tried_at < MIN_SECONDS_BETWEEN_FETCHES and self._tried_at:
                return
            self._tried_at = time.monotonic()
            document = self._fetch() or (None if self._keys else self._recall())
            if document is not None:
                self._keys = {
                    key["kid"]: jwt.PyJWK(key).key
                    for key in document["keys"]
                    if key.get("kty") == "RSA" and key.get("kid")
                }

    def _fetch(self) -> dict[str, Any] | None:
        try:
            with urllib.request.urlopen(self._url, timeout=2) as answer:
                document: dict[str, Any] = json.load(answer)
        except (OSError, ValueError) as error:
            log.warning("jwks_unreachable", url=self._url, error=str(error))
            return None
        self._fetched_at = time.monotonic()
        try:
            caches["default"].set(CACHE_KEY, document, None)
        except Exception as error:
            log.warning("jwks_not_remembered", error=str(error))
        return document

    def _recall(self) -> dict[str, Any] | None:
        try:
            document: dict[str, Any] | None = caches["default"].get(CACHE_KEY)
        except Exception as error:
            log.warning("jwks_not_recalled", error=str(error))
            return None
        return document


_key_sets: dict[str, KeySet] = {}


def issuer_keys() -> KeySet:
    """The key set of SOUK_JWKS_URL, one for the process."""
    url = settings.JWKS_URL
    return _key_sets.setdefault(url, KeySet(url))
