"""supervisord, which a full disk does not end, and which reads logs in gulps.

Its own closes a log by flushing it, and dies of the error, with all that it supervises, when the
logs are reopened or rotated while no space is left. Here such a log is given up and opened anew.

It also wakes for each line of a log and goes through all of its programs then, which takes 0.2 ms.
Where only logs have something to say, more of it is let come.
"""

import time
from contextlib import suppress

from supervisor.loggers import FileHandler
from supervisor.poller import Poller
from supervisor.supervisord import main

# A pipe holds 64 KB, which no program fills in that time.
GULP_SECONDS = 0.02

_close = FileHandler.close
_poll = Poller.poll


def close_whatever_happens(handler: FileHandler) -> None:
    with suppress(OSError):
        _close(handler)
    handler.closed = True


def poll_in_gulps(poller: Poller, timeout: float) -> tuple[list[int], list[int]]:
    """What can be read and written. Who asks supervisord something is answered at once."""
    readable, writable = _poll(poller, timeout)
    is_asked = writable or not poller.options.get_socket_map().keys().isdisjoint(readable)
    if readable and not is_asked:
        time.sleep(GULP_SECONDS)
    return readable, writable


if __name__ == "__main__":
    FileHandler.close = close_whatever_happens
    Poller.poll = poll_in_gulps
    main()
