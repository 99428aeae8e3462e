"""One gateway for all tests; each test scripts its own paths, so that no cache is shared."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gateway_testing import OTHERS, SECOND_REPLICA, SERVICES, Gateway, Reply, Seen, Stub

AUTHENTICATE = "/users/internal/authenticate/"
STAFF = "/users/internal/staff/"


@pytest.fixture(scope="session")
def all_stubs() -> Iterator[dict[str, Stub]]:
    stubs = {name: Stub(name) for name in (*SERVICES, *OTHERS, SECOND_REPLICA)}
    yield stubs
    for stub in stubs.values():
        stub.stop()


@pytest.fixture
def stubs(all_stubs: dict[str, Stub]) -> dict[str, Stub]:
    for stub in all_stubs.values():
        stub.reset()
    all_stubs["identity"].on(AUTHENTICATE, _knows_everybody)
    return all_stubs


def _knows_everybody(seen: Seen) -> Reply:
    """Grants a token that names the credentials; whatever holds "revoked" is refused."""
    session = (seen.header("Cookie") or "").removeprefix("souk_session=")
    credentials = seen.header("Authorization") or session
    if "revoked" in credentials:
        return Reply(status=401, headers={"WWW-Authenticate": 'Bearer realm="souk"'})
    token = credentials.removeprefix("Bearer ")
    return Reply(status=204, headers={"X-Access-Token": f"granted.{token}"})


@pytest.fixture(scope="session")
def gateways(all_stubs: dict[str, Stub]) -> Iterator[Callable[..., Gateway]]:
    """Starts gateways; their folders have short names, because socket paths are bounded, and a
    space in them, because people have it."""
    started: list[Gateway] = []

    def start(
        *, limits: str = "off", replicas: bool = False, extra: str = "", https_only: bool = False
    ) -> Gateway:
        run = Path(tempfile.mkdtemp(prefix="souk gw-"))
        gateway = Gateway(run, all_stubs, limits=limits, replicas=replicas, extra=extra)
        started.append(gateway)
        if https_only:
            gateway.redirect_to_https()
        gateway.start()
        return gateway

    yield start
    for gateway in started:
        gateway.stop()
        shutil.rmtree(gateway.run)


@pytest.fixture(scope="session")
def shop(gateways: Callable[..., Gateway]) -> Gateway:
    return gateways()


@pytest.fixture
def gateway(shop: Gateway, stubs: dict[str, Stub]) -> Gateway:
    return shop


@pytest.fixture
def catalog(stubs: dict[str, Stub]) -> Stub:
    return stubs["catalog"]


@pytest.fixture
def cart(stubs: dict[str, Stub]) -> Stub:
    return stubs["cart"]


@pytest.fixture
def users(stubs: dict[str, Stub]) -> Stub:
    return stubs["users"]


@pytest.fixture
def identity(stubs: dict[str, Stub]) -> Stub:
    """The processes of users that answer the gateway's questions."""
    return stubs["identity"]


@pytest.fixture
def reviews(stubs: dict[str, Stub]) -> Stub:
    return stubs["reviews"]


@pytest.fixture
def orders(stubs: dict[str, Stub]) -> Stub:
    return stubs["orders"]
