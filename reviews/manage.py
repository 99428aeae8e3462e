"""The command line: python -m reviews.manage <command> from the root."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    if not __package__:
        sys.exit("Run it from the repository root: python -m reviews.manage <command>")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviews.settings")
    execute_from_command_line(sys.argv)
