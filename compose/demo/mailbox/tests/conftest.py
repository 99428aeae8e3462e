from collections.abc import Iterator

import pytest

from compose.demo.mailbox.running import Mailbox


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    box = Mailbox(tmp_path_factory.mktemp("mailbox"))
    yield box
    assert box.stop() == 0


@pytest.fixture
def mailbox(_running: Mailbox) -> Mailbox:
    """Empty."""
    _running.ask("api/messages", "DELETE").close()
    return _running
