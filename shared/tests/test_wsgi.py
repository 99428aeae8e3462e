import subprocess
import sys

LOADED = """
import gc, sys
from shared import wsgi
from django.db import connection

assert wsgi.application
assert "shared.testing.probe.urls" in sys.modules
assert gc.get_freeze_count() > 10_000
assert connection.connection is None, "workers would share it"
"""


def test_all_is_loaded_before_the_workers_are_forked():
    asked = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True)

    assert asked.returncode == 0, asked.stderr
