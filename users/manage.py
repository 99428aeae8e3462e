"""The command line: python -m users.manage <command> from the root."""

import os
import sys


def main() -> None:
    if not __package__:
        sys.exit("Run it from the repository root: python -m users.manage <command>")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "users.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
