import subprocess

import pytest

from compose.local import gateway, packages
from compose.local.layout import Layout
from compose.local.state import State
from shared.services import SERVICES


def test_only_uppercase_placeholders_are_filled_in() -> None:
    text = "listen ${HTTP_PORT}; set $x $host; return ${uri};"
    assert gateway.fill_in(text, {"HTTP_PORT": "8000"}) == (
        "listen 8000; set $x $host; return ${uri};"
    )


def test_an_unknown_placeholder_is_an_error() -> None:
    with pytest.raises(KeyError):
        gateway.fill_in("${NO_SUCH_NAME}", {})


def test_every_replica_stands_in_its_service_s_upstream() -> None:
    block = gateway.upstream_blocks({"catalog": [20001, 20002]})
    assert block.count("max_fails=2 fail_timeout=2s") == 2
    assert "least_conn;" in block
    assert "keepalive 16;" in block


def test_a_lone_replica_is_asked_twice_and_never_set_aside() -> None:
    block = gateway.upstream_blocks({"catalog": [20001]})
    assert block.count("server 127.0.0.1:20001 max_fails=0;") == 2


def test_nginx_accepts_the_rendered_configuration(layout: Layout, state: State) -> None:
    gateway.render(layout, state)
    gateway.check(layout, state)
    written = (layout.gateway / "upstreams.conf").read_text()
    for name in (*SERVICES, "identity", "notify_stream", "payments_sandbox", "flower", "mailbox"):
        assert f"upstream {name} {{" in written


def test_the_certificate_is_made_once_and_names_this_machine(layout: Layout, state: State) -> None:
    gateway.render(layout, state)
    before = (layout.gateway / "tls.crt").read_bytes()
    gateway.render(layout, state)
    command = [str(packages.find("openssl")), "x509", "-noout", "-text"]
    with (layout.gateway / "tls.crt").open() as certificate:
        ran = subprocess.run(command, stdin=certificate, capture_output=True, text=True)
    assert (layout.gateway / "tls.crt").read_bytes() == before
    assert "DNS:localhost, IP Address:127.0.0.1" in ran.stdout
    assert (layout.gateway / "tls.key").stat().st_mode & 0o777 == 0o600


def test_nginx_accepts_the_redirect_to_https(layout: Layout, state: State) -> None:
    state.put("settings", "SOUK_HTTPS_ONLY", "1")
    gateway.render(layout, state)
    gateway.check(layout, state)
    redirect = layout.gateway / "https.d" / "only.map"
    assert redirect.read_text() == f"http https://$host:{state.port('https')};\n"
    state.put("settings", "SOUK_HTTPS_ONLY", "0")
    gateway.render(layout, state)
    assert redirect.read_text() == ""
