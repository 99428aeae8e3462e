"""The limits: a small NGINX and bare Django processes, started for a round of measurements."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from compose.local import applications, environment, gunicorn, network, packages
from tests.load.bench.readings import Bench

# The same switches as the gateway's where they matter: see gateway-nginx/conf.d/tuning.conf.
NGINX = """\
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes {workers};
events {{ worker_connections 4096; multi_accept on; }}
http {{
    default_type text/html;
    access_log off;
    sendfile on;
    tcp_nodelay on;
    keepalive_requests 100000;
    open_file_cache max=100;
    proxy_cache_path {folder}/cache keys_zone=parts:1m use_temp_path=off;
    proxy_temp_path {folder}/temp;
    client_body_temp_path {folder}/body;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        root {folder}/files;
        location /shells/ {{ ssi on; set $csrf {csrf}; }}
        location ~ ^/[a-z]+/fragments/ {{
            ssi on;
            set $csrf {csrf};
            proxy_pass {shop};
            proxy_cache parts;
            proxy_cache_valid 1h;
            proxy_ignore_headers Cache-Control X-Accel-Expires Set-Cookie Vary Expires;
        }}
    }}
}}
"""
PATIENCE = 30.0
# What the reference of durable requests inserts into.
TABLE = "bench_row"


@contextmanager
def nginx(bench: Bench, files: Mapping[str, bytes]) -> Iterator[str]:
    """The address of an NGINX that serves these files; those under `shells/` are composed, their
    fragments asked of the shop once and kept."""
    folder = bench.layout.run / "reference"
    for name, content in files.items():
        (folder / "files" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "files" / name).write_bytes(content)
    port = network.find_free(avoid=())
    text = NGINX.format(
        folder=folder, port=port, shop=bench.url, csrf="0" * 32, workers=_workers(bench)
    )
    (folder / "nginx.conf").write_text(text)
    command = [str(packages.find("nginx")), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    options = ["-e", str(folder / "error.log"), "-g", f"daemon off;{_user()}"]
    with running([*command, *options], folder / "start.log"):
        yield _when_open(port)


def _user() -> str:
    """As root NGINX's workers would be somebody who may not look into the run directory."""
    return " user root;" if os.getuid() == 0 else ""


def _workers(bench: Bench) -> str:
    """As many as the gateway has."""
    text = (bench.layout.gateway / "nginx.conf").read_text()
    return text.partition("worker_processes")[2].partition(";")[0].strip()


@contextmanager
def django(
    bench: Bench, service: str, application: str, files: Mapping[str, bytes] | None = None
) -> Iterator[str]:
    """The address of `bare.<application>` under the same gunicorn, with as many processes, as the
    service has."""
    folder = bench.layout.run / "reference" / "bytes"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (files or {}).items():
        (folder / name).write_bytes(content)
    loaded = f"tests.load.bench.bare:{application}()"
    variables = {"SOUK_BENCH_FILES": str(folder)}
    with web(bench, service, loaded, variables) as url:
        yield url


@contextmanager
def web(
    bench: Bench, service: str, application: str = "", variables: Mapping[str, str] | None = None
) -> Iterator[str]:
    """One more web process of a service, on a port of its own, with other variables."""
    port = network.find_free(avoid=())
    replicas = bench.state.replicas(service)
    words = gunicorn.arguments(
        service, f"127.0.0.1:{port}", application=application, replicas=replicas
    )
    command = [str(bench.layout.python), *words]
    own = {**environment.of_process(bench.layout, service), **applications.LEAN}
    log = bench.layout.log(f"reference-{service}")
    with running(command, log, bench.layout.root, {**own, **(variables or {})}):
        yield _when_open(port)


@contextmanager
def running(
    command: list[str], log: Path, folder: Path | None = None, env: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def _when_open(port: int) -> str:
    deadline = time.monotonic() + PATIENCE
    url = f"http://127.0.0.1:{port}"
    while True:
        with suppress(httpx.TransportError):
            httpx.get(f"{url}/", timeout=5)
            return url
        if time.monotonic() > deadline:
            raise TimeoutError(f"Nothing answers at {url}")
        time.sleep(0.05)
