"""The gateway's files: templates filled in, upstreams from the running replicas, a certificate."""

import os
import re
import shlex
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from compose.local import applications, environment, health, memory, packages
from compose.local.commands import run_logged
from compose.local.errors import PartFailed
from compose.local.layout import Layout
from compose.local.network import LOOPBACK
from compose.local.programs import Program
from compose.local.state import State
from compose.local.supervisor import Supervisor, is_process, wait_until
from shared.services import SERVICES

NAME = "gateway"
PLACEHOLDER = re.compile(r"\$\{([A-Z][A-Z_]*)\}")
HELPERS = {
    "identity": applications.IDENTITY,
    "notify_stream": applications.STREAM,
    "payments_sandbox": applications.SANDBOX,
    "flower": applications.FLOWER,
    "mailbox": applications.MAILBOX,
}
CERTIFICATE_DAYS = "825"
# Since this version of NGINX HTTP/2 is no longer an option of `listen`.
OWN_DIRECTIVE = (1, 25, 1)
LONGEST_LOG = 50_000_000
DRAIN_SECONDS = 30.0


def source(layout: Layout) -> Path:
    return layout.root / "gateway-nginx"


def program(layout: Layout, state: State) -> Program:
    port = state.port("http")
    config = layout.gateway / "nginx.conf"
    return Program(
        name=NAME,
        service=NAME,
        role="gateway",
        port=port,
        argv=(
            *(str(packages.find("nginx")), "-c", str(config), "-p", str(layout.gateway)),
            *("-e", str(layout.log("gateway-start")), "-g"),
            # The run directory may lie where no user but root can look.
            "daemon off;" + (" user root;" if os.getuid() == 0 else ""),
        ),
        before=_clear_away(layout.gateway),
        is_ready=partial(health.answers_ok, port, "/health"),
        stop_seconds=10,
    )


def _clear_away(folder: Path) -> tuple[str, ...]:
    """When NGINX's master was killed, its workers (its process group) live on and hold the ports,
    and its sockets stay as files: both would keep a new one from starting."""
    pid, quoted = shlex.quote(str(folder / "nginx.pid")), shlex.quote(str(folder))
    return (
        f"[ -s {pid} ] && pkill -QUIT -g $(cat {pid}) nginx",
        f"rm -f {pid} {quoted}/*.sock",
    )


def render(layout: Layout, state: State) -> None:
    """Writes the configuration; the running gateway sees it at its next reload."""
    _prepare_logs(layout.logs / NAME)
    _ensure_certificate(layout)
    values = _values(layout, state)
    for template in sorted(source(layout).rglob("*.template")):
        target = layout.gateway / template.relative_to(source(layout)).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(fill_in(template.read_text(), values))
    upstreams = upstream_blocks(_replica_ports(state))
    (layout.gateway / "upstreams.conf").write_text(upstreams)
    _choose_scheme(layout, state)


def _choose_scheme(layout: Layout, state: State) -> None:
    redirect = layout.gateway / "https.d" / "only.map"
    redirect.parent.mkdir(exist_ok=True)
    line = f"http https://$host:{state.port('https')};\n"
    redirect.write_text(line if environment.https_only(state) else "")


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """Replaces each ${NAME}; NGINX's own $variables are left alone. KeyError: unknown name."""
    return PLACEHOLDER.sub(lambda match: values[match[1]], text)


def upstream_blocks(ports: Mapping[str, list[int]]) -> str:
    return "".join(_upstream(name, listed) for name, listed in ports.items())


def check(layout: Layout, state: State) -> None:
    """PartFailed if NGINX does not accept the configuration; its words are in the log."""
    command = [*program(layout, state).argv, "-t"]
    run_logged(NAME, command, layout.log("gateway-start"))


def reload(layout: Layout, state: State, supervisor: Supervisor) -> None:
    """Takes a new configuration into use without losing a request.

    Returns when the processes with the old configuration have finished what they had begun.
    """
    check(layout, state)
    master = supervisor.status(NAME).pid
    before = memory.children(master)
    supervisor.signal(NAME, "HUP")
    if not wait_until(lambda: bool(memory.children(master) - before), seconds=10):
        raise PartFailed(NAME, "did not take the new configuration", layout.log(NAME))
    # An open event stream may hold an old process longer; it serves nothing else.
    wait_until(lambda: not any(map(is_process, before)), DRAIN_SECONDS)


def _prepare_logs(directory: Path) -> None:
    """A long log is put aside; NGINX opens a new one when it starts or reloads."""
    directory.mkdir(exist_ok=True)
    for log in directory.glob("*.log"):
        if log.stat().st_size > LONGEST_LOG:
            log.replace(log.with_suffix(".log.1"))


def _values(layout: Layout, state: State) -> dict[str, str]:
    limits = environment.setting(state, "SOUK_RATE_LIMITS")
    return {
        "RUN_DIR": str(layout.gateway),
        "HTTP_PORT": str(state.port("http")),
        "HTTPS_PORT": str(state.port("https")),
        "STATIC_ROOT": str(layout.static),
        "MEDIA_ROOT": str(layout.media),
        "TLS_CERT": str(layout.gateway / "tls.crt"),
        "TLS_KEY": str(layout.gateway / "tls.key"),
        "UPSTREAMS_FILE": str(layout.gateway / "upstreams.conf"),
        "RATE_LIMITS_FILE": str(source(layout) / f"limits-{limits}.conf"),
        "WORKER_PROCESSES": str(min(2, os.cpu_count() or 1)),
        "LOG_DIR": str(layout.logs / NAME),
        "GATEWAY_DIR": str(source(layout)),
        "HTTP_TWO": http2(),
        "EXTRA": "",
    }


def http2() -> str:
    """How this NGINX is told to speak HTTP/2: what stands behind `listen … ssl`."""
    return "; http2 on" if packages.version(packages.NGINX) >= OWN_DIRECTIVE else " http2"


def _replica_ports(state: State) -> dict[str, list[int]]:
    ports = {
        service: [
            state.port(applications.replica_name(service, number))
            for number in range(1, state.replicas(service) + 1)
        ]
        for service in SERVICES
    }
    return ports | {name: [state.port(program)] for name, program in HELPERS.items()}


def _upstream(name: str, ports: list[int]) -> str:
    """A lone replica stands there twice, so that a GET which its dying worker cut off is asked of
    the next one behind the same port; and it is never set aside, for nobody else could answer."""
    places, patience = (
        (ports, "max_fails=2 fail_timeout=2s") if ports[1:] else (ports * 2, "max_fails=0")
    )
    servers = "".join(f"    server {LOOPBACK}:{port} {patience};\n" for port in places)
    head = f"upstream {name} {{\n    zone {name} 64k;\n    least_conn;\n"
    return f"{head}{servers}    keepalive 16;\n}}\n"


def _ensure_certificate(layout: Layout) -> None:
    """Self-signed, for localhost and 127.0.0.1, made once."""
    certificate, key = layout.gateway / "tls.crt", layout.gateway / "tls.key"
    if certificate.is_file():
        return
    command: list[str | Path] = [
        *(packages.find("openssl"), "req", "-x509", "-newkey", "ec", "-nodes"),
        *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", CERTIFICATE_DAYS),
        *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        *("-keyout", key, "-out", certificate),
    ]
    run_logged("TLS certificate", command, layout.log("gateway-start"))
    key.chmod(0o600)
