"""Product files on other people's hosts. An address comes from a person, so it is checked, as is
each one that it redirects to; and the connection goes to the very IP address that was checked."""

import http.client
import socket
import ssl
import time
import zlib
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin

from catalog.rules.addresses import Address, UrlRefused, is_public, read_address
from shared.errors import DomainError

SECONDS = 60.0
MAX_REDIRECTS = 3
CHUNK = 64 * 1024
REDIRECTS = {301, 302, 303, 307, 308}
HEADERS = {
    "Accept": "text/csv, text/plain;q=0.9, */*;q=0.1",
    "Accept-Encoding": "gzip, identity",
    "User-Agent": "Souk-import/1",
    "Connection": "close",
}
SocketAddress = tuple[Any, ...]
Route = tuple[socket.AddressFamily, SocketAddress]


class UrlUnreachable(DomainError):
    code = "import_url_unreachable"
    status = 502
    title = "The file could not be fetched"


class ImportTooLarge(DomainError):
    code = "import_too_large"
    status = 413
    title = "The file is too large"


class Deadline:
    """A moment by which everything has to be over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds; raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("it took too long")
        return left


class _TimedSocket(socket.socket):
    """Waits for bytes until a deadline, not anew for each drop of them."""

    deadline: Deadline

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().recv_into(*args, **kwargs)


class _TimedSSLSocket(ssl.SSLSocket):
    deadline: Deadline

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().recv_into(*args, **kwargs)


class _Connection(http.client.HTTPConnection):
    """Speaks to one checked IP address in the name of the host."""

    def __init__(self, address: Address, route: Route, deadline: Deadline) -> None:
        super().__init__(address.host, address.port)
        self._is_secure = address.scheme == "https"
        self._route = route
        self._deadline = deadline
        # So that the Host header names no port that the scheme implies.
        self.default_port = 443 if self._is_secure else 80

    def connect(self) -> None:
        family, where = self._route
        plain = _TimedSocket(family, socket.SOCK_STREAM)
        plain.deadline = self._deadline
        self.sock = plain
        plain.settimeout(self._deadline.left())
        plain.connect(where)
        if self._is_secure:
            context = ssl.create_default_context()
            context.sslsocket_class = _TimedSSLSocket
            secure: Any = context.wrap_socket(plain, server_hostname=self.host)
            secure.deadline = self._deadline
            self.sock = secure


def fetch_feed(
    url: str, *, max_bytes: int, allowed: Collection[str] = (), seconds: float = SECONDS
) -> bytes:
    """The file at the address, of up to `max_bytes`, within `seconds`. `allowed` has the
    `host:port` of hosts that may be private. Raises UrlRefused, UrlUnreachable and
    ImportTooLarge."""
    deadline = Deadline(seconds)
    for _ in range(MAX_REDIRECTS + 1):
        address = read_address(url, allowed=allowed)
        try:
            answer = _ask(address, deadline, max_bytes)
        except (OSError, http.client.HTTPException, zlib.error) as error:
            raise UrlUnreachable(f"{address.host}: {_reason(error)}.") from error
        if isinstance(answer, bytes):
            return answer
        url = _follow(url, answer)
    raise UrlUnreachable(f"There are more than {MAX_REDIRECTS} redirects.")


def _follow(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise UrlRefused("The redirect leads to no address.") from error


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    return str(error)[:200] or type(error).__name__


def _ask(address: Address, deadline: Deadline, max_bytes: int) -> bytes | str:
    """The file, or the address that it redirects to."""
    connection = _connect(address, deadline)
    try:
        connection.request("GET", address.target, headers=HEADERS)
        response = connection.getresponse()
        if response.status in REDIRECTS:
            return response.getheader("Location", "")
        if response.status != 200:
            raise UrlUnreachable(f"{address.host} answers {response.status}.")
        return _read(response, max_bytes)
    finally:
        connection.close()


def _connect(address: Address, deadline: Deadline) -> _Connection:
    error: OSError = OSError("the name leads nowhere")
    for route in _resolve(address, deadline):
        connection = _Connection(address, route, deadline)
        try:
            connection.connect()
        except OSError as refusal:
            connection.close()
            error = refusal
        else:
            return connection
    raise error


def _resolve(address: Address, deadline: Deadline) -> list[Route]:
    """Every IP address of the host. One that is not public spoils them all: a name that leads
    to both is a trick. The resolver knows no deadline, so it is left behind when it is late."""
    pool = ThreadPoolExecutor(1)
    try:
        asked = pool.submit(socket.getaddrinfo, address.host, address.port, type=socket.SOCK_STREAM)
        found = asked.result(deadline.left())
    finally:
        pool.shutdown(wait=False)
    routes: list[Route] = [(family, where) for family, _, _, _, where in found]
    if not address.is_exempt and not all(is_public(str(where[0])) for _, where in routes):
        raise UrlRefused("Files are fetched from public hosts.")
    return routes


def _read(response: http.client.HTTPResponse, max_bytes: int) -> bytes:
    encoding = response.getheader("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise UrlUnreachable(f"The file is encoded as {encoding[:40]}, which was not asked for.")
    is_packed = encoding != "identity"
    data = bytearray()
    for piece in _unpack(response, max_bytes) if is_packed else _pieces(response):
        data += piece
        if len(data) > max_bytes:
            raise ImportTooLarge(f"A file may have {max_bytes // 1024 // 1024} MB.")
    return bytes(data)


def _pieces(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while piece := response.read(CHUNK):
        yield piece
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)


def _unpack(response: http.client.HTTPResponse, max_bytes: int) -> Iterator[bytes]:
    """Gzip, never more than a chunk of it at once: a small answer may be made to grow without
    end."""
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    for piece in _pieces(response):
        while piece and not unpacker.eof:
            yield unpacker.decompress(piece, CHUNK)
            piece = unpacker.unconsumed_tail
    yield unpacker.flush()
    if not unpacker.eof:
        raise zlib.error("the packed file ends too early")
