import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from compose.local import network
from compose.local.layout import ROOT, Layout
from compose.local.state import State
from compose.local.supervisor import Supervisor


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    """An empty run directory of the real checkout; its path has a space, as people's may."""
    made = Layout(ROOT, tmp_path / "a run")
    made.make()
    yield made
    shutil.rmtree(made.outside, ignore_errors=True)


@pytest.fixture
def state(layout: Layout) -> State:
    return State(layout.state_file)


@pytest.fixture
def supervisor(layout: Layout) -> Iterator[Supervisor]:
    """A real supervisord without programs."""
    running = Supervisor(layout)
    running.launch()
    yield running
    running.shut_down()


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind((network.LOOPBACK, 0))
        other.listen()
        yield int(other.getsockname()[1])
