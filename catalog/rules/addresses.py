"""Which addresses on the net a file may be fetched from: public ones, so that nobody reads through
us what only we can reach."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import quote, unquote, urlsplit

from shared.errors import InvalidInput

PORTS = {"http": 80, "https": 443}
MAX_URL = 1000
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
# What resolvers read as an IPv4 address in disguise: a last label that is a number.
_NUMERIC = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)\.?")
_GLOBAL_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
# Not to be reached, whatever the Python version's own lists say.
_SPECIAL = [
    ip_network(text)
    for text in ("100.64.0.0/10", "192.88.99.0/24", "240.0.0.0/4", "2001::/23", "3fff::/20")
]


class UrlRefused(InvalidInput):
    code = "import_url_refused"
    title = "Files are not fetched from this address"


@dataclass(frozen=True)
class Address:
    """An http(s) address that was read strictly. `is_exempt` where the shop's own settings name
    its host and port as one to be trusted."""

    scheme: str
    host: str
    port: int
    target: str
    is_exempt: bool

    @property
    def file_name(self) -> str:
        path = self.target.partition("?")[0]
        return unquote(path.rpartition("/")[2]) or self.host


def read_address(url: str, *, allowed: Collection[str] = ()) -> Address:
    """`allowed` has the `host:port` of exempt hosts. What a name resolves to is for whoever
    connects to check, by `is_public`. Raises UrlRefused."""
    if len(url) > MAX_URL or not url.isprintable() or re.search(r"[\s\\]", url):
        raise UrlRefused(f"An address has up to {MAX_URL:,} readable characters without blanks.")
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
        host = _read_host(parts.hostname or "")
    except (ValueError, UnicodeError) as error:
        raise UrlRefused("That is no address.") from error
    if parts.scheme not in PORTS:
        raise UrlRefused("An address begins with https:// or http://.")
    if "@" in parts.netloc:
        raise UrlRefused("An address with a name or password in it is not used.")
    exempt = f"{host}:{port}" in allowed
    if not exempt:
        _check_host(host, port)
    target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (
        "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~?") if parts.query else ""
    )
    return Address(parts.scheme, host, port, target, exempt)


def _read_host(host: str) -> str:
    """The name as it is asked for. Raises ValueError and UnicodeError."""
    if ":" in host:
        return str(IPv6Address(host))
    if not host.isascii():
        host = host.encode("idna").decode()
    host = host.lower()
    if not _HOST.fullmatch(host):
        raise ValueError(host)
    return host


def _check_host(host: str, port: int) -> None:
    if port not in PORTS.values():
        raise UrlRefused("Files are fetched from the ports 80 and 443.")
    try:
        literal = str(ip_address(host))
    except ValueError:
        if _NUMERIC.fullmatch(host):
            raise UrlRefused("A number is not a host's name.") from None
        return
    if not is_public(literal):
        raise UrlRefused("Files are fetched from public hosts.")


def is_public(address: str) -> bool:
    """Whether the IP address belongs to a host of the public net, also looked through the forms in
    which IPv6 carries an IPv4 address (mapped, 6to4, NAT64)."""
    if "%" in address:
        return False
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        inner = _inner(ip)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _GLOBAL_UNICAST:
            return False
    special = any(ip in network for network in _SPECIAL if network.version == ip.version)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or special)


def _inner(ip: IPv6Address) -> IPv4Address | None:
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour
