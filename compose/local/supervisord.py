"""supervisord, which a full disk does not end.

Its own closes a log by flushing it, and dies of the error, with all that it supervises, when the
logs are reopened or rotated while no space is left. Here such a log is given up and opened anew.
"""

from contextlib import suppress

from supervisor.loggers import FileHandler
from supervisor.supervisord import main

_close = FileHandler.close


def close_whatever_happens(handler: FileHandler) -> None:
    with suppress(OSError):
        _close(handler)
    handler.closed = True


if __name__ == "__main__":
    FileHandler.close = close_whatever_happens
    main()
