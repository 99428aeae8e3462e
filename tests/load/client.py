"""A careful HTTP client of the shop: it repeats what was not answered, and judges each answer."""

import time
from typing import Any

import gevent

UNANSWERED = {0, 429, 500, 502, 503, 504}
FIRST_WAIT, LONGEST_WAIT = 0.3, 3.0


class GaveUp(Exception):
    """The shop did not answer for as long as this client was willing to wait."""


class Api:
    """Requests with this person's credentials. `name` groups addresses in locust's tables."""

    def __init__(self, session: Any, patience: float) -> None:
        self._session = session
        self.patience = patience
        self.headers: dict[str, str] = {}

    def ask(self, method: str, path: str, body: Any = None, *, name: str, **headers: str) -> Any:
        """One request; an answer is good unless the shop could not give one (5xx, no answer)."""
        with self._session.request(
            method,
            path,
            json=body,
            headers={"Accept": "application/json", **self.headers, **headers},
            name=name,
            catch_response=True,
            allow_redirects=False,
        ) as answer:
            if answer.status_code in UNANSWERED:
                answer.failure(f"{answer.status_code} {answer.error or ''}".strip())
            else:
                answer.success()
        # Clients of the API hold tokens; a cookie would ask for CSRF.
        self._session.cookiejar.clear()
        return answer

    def insist(self, method: str, path: str, body: Any = None, *, name: str, **headers: str) -> Any:
        """The same request again until it is answered, as a careful client does."""
        deadline, wait = time.monotonic() + self.patience, FIRST_WAIT
        while True:
            answer = self.ask(method, path, body, name=name, **headers)
            if answer.status_code not in UNANSWERED:
                return answer
            if time.monotonic() > deadline:
                raise GaveUp(f"{method} {path}: {answer.status_code}")
            gevent.sleep(wait)
            wait = min(LONGEST_WAIT, wait * 1.6)


def json_of(answer: Any) -> dict[str, Any]:
    """The body of a JSON object; {} for anything else."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
