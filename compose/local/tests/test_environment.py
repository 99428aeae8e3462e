import json
import subprocess

import pytest

from compose.local import environment
from compose.local.errors import NotRunning, Refused, UnknownName
from compose.local.layout import Layout
from compose.local.state import State
from shared.services import SERVICES

REAL_KEY = "sk_live_" + "a" * 32


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SOUK_HTTP_PORT", "SOUK_HTTPS_PORT", "SOUK_RATE_LIMITS", "STRIPE_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_every_service_gets_the_variables_of_the_platform(layout: Layout, state: State) -> None:
    environment.write_all(layout, state)
    for service in SERVICES:
        variables = environment.read(layout, service)
        assert variables["SOUK_DATABASE_URL"].endswith(f"/souk_{service}")
        assert variables["SOUK_JWKS_URL"].endswith("/users/.well-known/jwks.json")
        assert variables["SOUK_DEBUG"] == "0"


def test_one_capability_key_is_shared_and_each_secret_key_is_a_service_s_own(
    layout: Layout, state: State
) -> None:
    told = [environment.of_service(layout, state, service) for service in SERVICES]
    assert len({variables["SOUK_CAPABILITY_KEY"] for variables in told}) == 1
    assert len({variables["SOUK_SECRET_KEY"] for variables in told}) == len(SERVICES)


def test_a_shell_reads_the_file_as_it_was_meant(layout: Layout, state: State) -> None:
    environment.write_all(layout, state)
    command = f'. "{layout.env_file("users")}"; printf %s "$SOUK_DEMO_ACCOUNTS"'
    said = subprocess.run(["sh", "-c", command], capture_output=True, text=True).stdout
    assert [account["name"] for account in json.loads(said)] == ["Mia", "Otto", "Alice", "Bob"]


def test_the_files_are_readable_by_their_owner_only(layout: Layout, state: State) -> None:
    environment.write_all(layout, state)
    assert layout.env_file("payments").stat().st_mode & 0o777 == 0o600
    assert layout.env.stat().st_mode & 0o777 == 0o700


def test_the_sandbox_gets_keys_of_the_shape_that_stripe_s_have(
    layout: Layout, state: State
) -> None:
    variables = environment.of_service(layout, state, "payments")
    assert len(variables["STRIPE_SECRET_KEY"].removeprefix("sk_test_")) == 32
    assert variables["STRIPE_API_BASE"].startswith("http://127.0.0.1:")
    assert variables["STRIPE_JS_URL"].endswith("/payments/sandbox/v3/")


def test_real_keys_of_the_caller_take_the_sandbox_s_place(
    layout: Layout, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", REAL_KEY)
    environment.keep_stripe_keys(state)
    variables = environment.of_service(layout, state, "payments")
    assert not environment.uses_sandbox(state)
    assert variables["STRIPE_SECRET_KEY"] == REAL_KEY
    assert (variables["STRIPE_API_BASE"], variables["STRIPE_JS_URL"]) == (
        "",
        "https://js.stripe.com/v3/",
    )


@pytest.mark.parametrize("key", [None, "", "sk_test_" + "a" * 32])
def test_a_shop_with_live_payments_does_not_fall_back_by_itself(
    state: State, monkeypatch: pytest.MonkeyPatch, key: str | None
) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", REAL_KEY)
    environment.keep_stripe_keys(state)
    monkeypatch.delenv("STRIPE_SECRET_KEY")
    if key is not None:
        monkeypatch.setenv("STRIPE_SECRET_KEY", key)
    with pytest.raises(Refused, match="STRIPE_SECRET_KEY.*SOUK_PAYMENTS="):
        environment.keep_stripe_keys(state)
    assert state.get("stripe", "STRIPE_SECRET_KEY") == REAL_KEY


def test_the_sandbox_is_back_when_the_caller_says_so(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", REAL_KEY)
    environment.keep_stripe_keys(state)
    monkeypatch.delenv("STRIPE_SECRET_KEY")
    monkeypatch.setenv("SOUK_PAYMENTS", "sandbox")
    environment.keep_stripe_keys(state)
    assert environment.uses_sandbox(state)
    monkeypatch.delenv("SOUK_PAYMENTS")
    environment.keep_stripe_keys(state)
    assert environment.uses_sandbox(state)


def test_real_payments_may_become_more_real(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("sk_test_" + "a" * 32, REAL_KEY):
        monkeypatch.setenv("STRIPE_SECRET_KEY", key)
        environment.keep_stripe_keys(state)
        assert state.get("stripe", "STRIPE_SECRET_KEY") == key


GIVEN = {
    "users": {"SOUK_GOOGLE_CLIENT_ID": "id.google", "SOUK_GITHUB_SECRET": "s&cret"},
    "notify": {
        "SOUK_EMAIL_BACKEND": "anymail.backends.postmark.EmailBackend",
        "SOUK_FROM_EMAIL": "Bazaar <shop@bazaar.example>",
        "ANYMAIL_POSTMARK_SERVER_TOKEN": "token",
    },
}


def test_keys_of_providers_and_mail_reach_their_service_and_stay(
    layout: Layout, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in [*GIVEN["users"].items(), *GIVEN["notify"].items()]:
        monkeypatch.setenv(name, value)
    environment.choose_settings(layout, state)
    for name in [*GIVEN["users"], *GIVEN["notify"]]:
        monkeypatch.delenv(name)
    environment.choose_settings(layout, state)
    environment.write_all(layout, state)
    for service, given in GIVEN.items():
        assert given.items() <= environment.read(layout, service).items()
    assert not set(GIVEN["users"]) & set(environment.read(layout, "orders"))
    monkeypatch.setenv("SOUK_GOOGLE_CLIENT_ID", "")
    environment.choose_settings(layout, state)
    assert "SOUK_GOOGLE_CLIENT_ID" not in environment.of_service(layout, state, "users")


def test_a_run_directory_for_tests_knows_no_real_provider(
    layout: Layout, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANYMAIL_POSTMARK_SERVER_TOKEN", "token")
    monkeypatch.setenv("SOUK_SHOP_NAME", "Bazaar")
    environment.choose_settings(layout.for_the_tests(), state)
    assert "ANYMAIL_POSTMARK_SERVER_TOKEN" not in environment.of_service(layout, state, "notify")
    assert "SOUK_SHOP_NAME" not in environment.of_service(layout, state, "catalog")


def test_the_shop_opens_on_8000_and_8443_by_default(layout: Layout, state: State) -> None:
    environment.choose_gateway_ports(layout, state)
    assert environment.public_url(state) == "http://127.0.0.1:8000"
    assert environment.public_tls_url(state) == "https://127.0.0.1:8443"


def test_a_chosen_port_is_kept_for_the_next_command(
    layout: Layout, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUK_HTTP_PORT", "9000")
    environment.choose_gateway_ports(layout, state)
    monkeypatch.delenv("SOUK_HTTP_PORT")
    environment.choose_gateway_ports(layout, state)
    assert environment.public_url(state) == "http://127.0.0.1:9000"


def test_a_run_directory_for_tests_takes_free_ports_and_limits_nobody(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUK_HTTP_PORT", "9000")
    tests = layout.for_the_tests()
    state = State(layout.run / "tests.json")
    environment.choose_gateway_ports(tests, state)
    environment.choose_settings(tests, state)
    assert state.port("http") not in (8000, 9000)
    assert environment.setting(state, "SOUK_RATE_LIMITS") == "off"


def test_before_the_first_up_it_says_what_to_run(layout: Layout) -> None:
    with pytest.raises(NotRunning, match="manage_all.sh up"):
        environment.read(layout, "catalog")


def test_people_are_sent_to_https_only_where_that_is_chosen(
    layout: Layout, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.choose_gateway_ports(layout, state)
    assert not environment.https_only(state)
    monkeypatch.setenv("SOUK_HTTPS_ONLY", "1")
    environment.choose_settings(layout, state)
    variables = environment.of_service(layout, state, "payments")
    assert variables["SOUK_PUBLIC_URL"] == "https://127.0.0.1:8443"
    assert variables["STRIPE_JS_URL"].startswith("https://127.0.0.1:8443/")
    assert variables["SOUK_JWKS_URL"].startswith("http://127.0.0.1:8000/")
    assert environment.stripe_webhook_url(state).startswith("http://127.0.0.1:8000/")


def test_an_unknown_currency_is_refused_and_not_kept(
    layout: Layout, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUK_CURRENCY", "eur")
    with pytest.raises(UnknownName, match="'eur' is not the code of a currency"):
        environment.choose_settings(layout, state)
    assert environment.setting(state, "SOUK_CURRENCY") == "EUR"
    monkeypatch.setenv("SOUK_CURRENCY", "JPY")
    environment.choose_settings(layout, state)
    assert environment.setting(state, "SOUK_CURRENCY") == "JPY"


def test_an_unknown_time_zone_is_refused_and_not_kept(
    layout: Layout, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUK_TIME_ZONE", "Berlin")
    with pytest.raises(UnknownName, match="'Berlin' is not the name of a time zone"):
        environment.choose_settings(layout, state)
    assert environment.of_service(layout, state, "orders")["SOUK_TIME_ZONE"] == "UTC"
    monkeypatch.setenv("SOUK_TIME_ZONE", "Europe/Berlin")
    environment.choose_settings(layout, state)
    assert environment.of_service(layout, state, "orders")["SOUK_TIME_ZONE"] == "Europe/Berlin"
