"""`python -m compose.local.prepare SERVICE COMMAND…`: management commands in one interpreter.

Importing a service takes longer than most of these commands; so it is done once for all of them.
"""

import fcntl
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def main(service: str, commands: Sequence[str]) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = f"{service}.settings"
    import django
    from django.core.management import call_command

    django.setup()
    static = Path(os.environ["SOUK_STATIC_ROOT"])
    for command in commands:
        print(f"{service}: {command}", flush=True)
        if command == "migrate":
            call_command(command, interactive=False)
        elif command == "collectstatic":
            with _only_one(static):
                call_command(command, interactive=False, verbosity=0)
        elif command == "spectacular":
            document = static / "api" / "openapi" / f"{service}.json"
            document.parent.mkdir(parents=True, exist_ok=True)
            call_command(command, format="openapi-json", file=str(document), validate=True)
        else:
            call_command(command)


@contextmanager
def _only_one(directory: Path) -> Iterator[None]:
    """All services collect into one directory, and two writers of a file would get in the way."""
    with (directory.parent / "static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
