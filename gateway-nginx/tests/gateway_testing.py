"""A real NGINX in a directory of its own, and small services behind it that tell what they saw."""

import contextlib
import http.client
import os
import re
import secrets
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from compose.local.gateway import http2
from shared.services import SERVICES

SOURCE = Path(__file__).resolve().parent.parent
OTHERS = ("identity", "notify_stream", "payments_sandbox", "flower", "mailbox")
SECOND_REPLICA = "orders_second"

HTML = {"Content-Type": "text/html; charset=utf-8"}
JSON = {"Content-Type": "application/json"}
FOR_A_MINUTE = {"Cache-Control": "public, s-maxage=60"}


def unique(prefix: str = "x") -> str:
    return f"{prefix}-{secrets.token_hex(5)}"


def new_session() -> str:
    return secrets.token_hex(16)


def wait_until(condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)


@dataclass(frozen=True)
class Seen:
    method: str
    target: str
    headers: Message
    body: bytes

    @property
    def path(self) -> str:
        return self.target.split("?")[0]

    def header(self, name: str) -> str | None:
        found = self.headers.get_all(name) or []
        assert len(found) < 2, f"{name} arrived twice: {found}"
        return found[0] if found else None


@dataclass
class Reply:
    body: str | bytes = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False
    chunks: list[bytes] | None = None
    hold: threading.Event | None = None


Script = Callable[[Seen], Reply]


def _always(reply: Reply) -> Script:
    return lambda _: reply


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256


class Stub:
    """One service. `on` scripts a path (exact, without the query); other paths are 404."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.requests: list[Seen] = []
        self._scripts: dict[str, Script] = {}
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self.port = 0
        self.start()

    def start(self) -> None:
        if self._server is None:
            self._server = _Server(("127.0.0.1", self.port), _handler(self))
            self.port = self._server.server_address[1]
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def reset(self) -> None:
        self.start()
        self._scripts.clear()
        self.requests.clear()

    def on(self, path: str, reply: Reply | Script) -> None:
        self._scripts[path] = _always(reply) if isinstance(reply, Reply) else reply

    def answer(self, seen: Seen) -> Reply:
        with self._lock:
            self.requests.append(seen)
        script = self._scripts.get(seen.path, self._has_none)
        return script(seen)

    def _has_none(self, seen: Seen) -> Reply:
        return Reply(f"{self.name} has no {seen.path}", 404, {"Content-Type": "text/plain"})

    def seen(self, path: str) -> list[Seen]:
        return [request for request in self.requests if request.path == path]

    def only(self, path: str) -> Seen:
        found = self.seen(path)
        assert len(found) == 1, f"{self.name} saw {path} {len(found)} times"
        return found[0]


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = stub.answer(Seen(self.command, self.path, self.headers, body))
            time.sleep(reply.delay)
            if reply.drop:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                _write(self, reply)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _write(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    handler.send_response(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    if reply.chunks is not None:
        handler.end_headers()
        for chunk in reply.chunks:
            handler.wfile.write(chunk)
            handler.wfile.flush()
        if reply.hold:
            reply.hold.wait(20)
        return
    body = reply.body.encode() if isinstance(reply.body, str) else reply.body
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    def header(self, name: str) -> str | None:
        found = self.headers.get_all(name) or []
        assert len(found) < 2, f"{name} was sent twice: {found}"
        return found[0] if found else None

    def cookies(self) -> list[str]:
        return self.headers.get_all("Set-Cookie") or []


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in found]


def render(source: Path, target: Path, values: dict[str, str]) -> None:
    """What the launcher and the official image do: only known ${NAME}s are replaced."""
    for template in source.rglob("*.template"):
        text = template.read_text()
        text = re.sub(r"\$\{([A-Z_]+)\}", lambda found: values[found[1]], text)
        output = target / template.relative_to(source).with_suffix("")
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "tls.crt", folder / "tls.key"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    return certificate, key


class Gateway:
    def __init__(
        self, run: Path, stubs: dict[str, Stub], *, limits: str, replicas: bool, extra: str = ""
    ) -> None:
        self.run = run
        self.http, self.https = free_ports(2)
        self.static, self.media = run / "static", run / "media"
        self.log = run / "access.log"
        for folder in (self.static, self.media):
            folder.mkdir(parents=True, exist_ok=True)
        (run / "upstreams.conf").write_text("\n".join(_upstreams(stubs, replicas)))
        self.certificate, key = make_certificate(run)
        render(
            SOURCE,
            run,
            {
                "RUN_DIR": str(run),
                "HTTP_PORT": str(self.http),
                "HTTPS_PORT": str(self.https),
                "STATIC_ROOT": str(self.static),
                "MEDIA_ROOT": str(self.media),
                "TLS_CERT": str(self.certificate),
                "TLS_KEY": str(key),
                "UPSTREAMS_FILE": str(run / "upstreams.conf"),
                "RATE_LIMITS_FILE": str(SOURCE / f"limits-{limits}.conf"),
                "WORKER_PROCESSES": "2",
                "LOG_DIR": str(run),
                "GATEWAY_DIR": str(SOURCE),
                "HTTP_TWO": http2(),
                "EXTRA": extra,
            },
        )

    def redirect_to_https(self) -> None:
        (self.run / "https.d").mkdir()
        (self.run / "https.d" / "only.map").write_text(f"http https://$host:{self.https};")

    def _command(self, *more: str) -> list[str]:
        user = "user root; " if os.geteuid() == 0 else ""
        return ["nginx", "-c", str(self.run / "nginx.conf"), "-g", f"{user}daemon off;", *more]

    def start(self) -> None:
        tested = subprocess.run(self._command("-t"), capture_output=True, text=True, check=False)
        assert tested.returncode == 0, tested.stderr
        assert "[warn]" not in tested.stderr, tested.stderr
        with (self.run / "start.log").open("wb") as output:
            self.process = subprocess.Popen(self._command(), stderr=output)
        wait_until(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.run / "start.log").read_text()
        with contextlib.suppress(OSError):
            return self.get("/health").status == 200
        return False

    def reload(self) -> None:
        subprocess.run(self._command("-s", "reload"), check=True, capture_output=True)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def ask(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        body: bytes | Iterator[bytes] | None = None,
        *,
        tls: bool = False,
    ) -> Answer:
        connection = self._connection(tls)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def _connection(self, tls: bool) -> http.client.HTTPConnection:
        if not tls:
            return http.client.HTTPConnection("127.0.0.1", self.http, timeout=20)
        trust = ssl.create_default_context(cafile=str(self.certificate))
        return http.client.HTTPSConnection("127.0.0.1", self.https, timeout=20, context=trust)

    def get(
        self, target: str, headers: dict[str, str] | None = None, *, tls: bool = False
    ) -> Answer:
        return self.ask("GET", target, headers, tls=tls)

    def post(self, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        return self.ask("POST", target, headers, body)

    def raw(self, text: str) -> str:
        """The whole answer to a hand-written request. It must close the connection."""
        with socket.create_connection(("127.0.0.1", self.http), timeout=10) as connection:
            connection.sendall(text.encode("latin-1"))
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode("latin-1")


def _upstreams(stubs: dict[str, Stub], replicas: bool) -> Iterator[str]:
    for name in (*SERVICES, *OTHERS):
        ports = [stubs[name].port]
        if replicas and name == "orders":
            ports.append(stubs[SECOND_REPLICA].port)
        servers = " ".join(f"server 127.0.0.1:{port} max_fails=0;" for port in ports)
        yield f"upstream {name} {{ zone {name} 64k; {servers} keepalive 8; }}"


def cookies(**values: str) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in values.items())}
