"""How many queries an address takes, asked in a process of the service.

python -m tests.load.bench.queries /catalog/ …    (with the service's environment)
"""

import json
import subprocess
import sys

from compose.local import environment
from tests.load.bench.readings import Bench


def count_queries(bench: Bench, service: str, path: str) -> int:
    command = [str(bench.layout.python), "-m", "tests.load.bench.queries", path]
    own = {**environment.of_process(bench.layout, service), "SOUK_LOG_LEVEL": "ERROR"}
    ran = subprocess.run(
        command, cwd=bench.layout.root, env=own, capture_output=True, text=True, check=True
    )
    return int(json.loads(ran.stdout))


def main() -> None:
    import django

    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client()
    client.get(sys.argv[1])  # what is loaded once for a process
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(sys.argv[1])
    if answer.status_code != 200:
        raise SystemExit(f"{sys.argv[1]} answered {answer.status_code}")
    sys.stdout.write(json.dumps(len(captured)))


if __name__ == "__main__":
    main()
