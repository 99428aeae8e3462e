"""The pytest plugin of all suites: environment defaults and the cast (see `cast`).

python -m pytest orders -p shared.testing.plugin --ds=orders.settings
"""

import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def _service() -> str:
    """From --ds or DJANGO_SETTINGS_MODULE; pytest-django reads the option only after us."""
    options = [word.removeprefix("--ds=") for word in sys.argv if word.startswith("--ds=")]
    settings_module = options[0] if options else os.environ.get("DJANGO_SETTINGS_MODULE", "")
    return settings_module.rpartition(".")[0].rpartition(".")[2]


def _load_test_environment() -> None:
    """Takes what is not set from the running test servers' env file of the service."""
    run_dir = (ROOT / os.environ.get("SOUK_RUN_DIR", ".run/test")).resolve()
    for name in (f"{_service()}.env", "shared.env"):
        if (file := run_dir / "env" / name).exists():
            for line in file.read_text().splitlines():
                key, separator, value = line.partition("=")
                if separator and not key.startswith("#"):
                    os.environ.setdefault(key.strip(), value.strip().strip("'\""))


_load_test_environment()
os.environ["SOUK_LOG_FORMAT"] = "console"
os.environ["SOUK_LOG_LEVEL"] = "WARNING"
# A live server's threads must not hold the test database open when it is dropped.
os.environ["SOUK_DATABASE_CONN_MAX_AGE"] = "0"

import pytest  # noqa: E402

from shared.testing.tokens import TestIssuer  # noqa: E402


@pytest.fixture(scope="session")
def token_issuer() -> TestIssuer:
    """Signs tokens as the users service would, with a key of this test run."""
    return TestIssuer()


@pytest.fixture(autouse=True)
def _trust_test_issuer(token_issuer: TestIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    from shared.auth import tokens

    monkeypatch.setattr(tokens, "issuer_keys", lambda: token_issuer)


@pytest.fixture
def client_of(token_issuer: TestIssuer) -> Any:
    """`client_of(alice)`: a Django test client that speaks with the person's bearer token,
    `client_of(None)` a stranger's. JSON bodies by `content_type="application/json"`."""
    from django.test import Client

    def make(person: Any, **token: Any) -> Client:
        if person is None:
            return Client()
        raw = token_issuer.access_token(person, **token)
        return Client(headers={"Authorization": f"Bearer {raw}"})

    return make


@pytest.fixture
def api_of(token_issuer: TestIssuer) -> Any:
    """`api_of(alice)`: a DRF APIClient (JSON by default) of the person; None for a stranger."""
    from rest_framework.test import APIClient

    def make(person: Any, **token: Any) -> APIClient:
        client = APIClient()
        if person is not None:
            raw = token_issuer.access_token(person, **token)
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")
        return client

    return make
