#!/usr/bin/env bash
# Django 5.2.19: `transaction.on_commit(hook, robust=True)` logs a hook's error instead of raising it, and names the hook by
# its `__qualname__`. A `functools.partial` has none, so that the log line itself raises AttributeError in whoever has just
# committed, and the hooks after it do not run.
#
# Guess: with `robust=True` no error of a hook reaches the caller.
# Seen:  function: goes on, 1 later hook ran / partial: AttributeError, 0 later hooks ran
# So:    give robust hooks a name (a function or a lambda).
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check django==5.2.19
"$folder/venv/bin/python" - 2>"$folder/log" <<'PYTHON' | tee "$folder/seen"
from functools import partial

import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
)
django.setup()
from django.db import transaction


def fail(word: str = "") -> None:
    raise ValueError(word)


for name, hook in (("function", fail), ("partial", partial(fail, "x"))):
    later: list[int] = []
    try:
        with transaction.atomic():
            transaction.on_commit(hook, robust=True)
            transaction.on_commit(lambda: later.append(1), robust=True)
        outcome = "goes on"
    except Exception as error:
        outcome = type(error).__name__
    print(f"{name}: {outcome}, {len(later)} later hooks ran")
PYTHON
diff "$folder/seen" - <<'SEEN'
function: goes on, 1 later hooks ran
partial: AttributeError, 0 later hooks ran
SEEN
