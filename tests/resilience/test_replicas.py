"""A web process dies under requests, and its visitors do not notice."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.resilience.stage import children

ASKERS, KILLS, SECONDS_BETWEEN = 3, 4, 0.6


def ask_until(url, deadline):
    statuses = []
    with httpx.Client(timeout=20) as http:
        while time.monotonic() < deadline:
            statuses.append(http.get(url).status_code)
            time.sleep(0.02)
    return statuses


def test_a_get_that_a_dying_worker_cut_off_is_asked_again(stage):
    """The only replica: the next worker behind its port answers."""
    url = f"{stage.url}/catalog/health/ready"
    deadline = time.monotonic() + (KILLS + 1) * SECONDS_BETWEEN
    with ThreadPoolExecutor(ASKERS) as pool:
        asked = [pool.submit(ask_until, url, deadline) for _ in range(ASKERS)]
        for _ in range(KILLS):
            time.sleep(SECONDS_BETWEEN)
            for worker in children(stage.pid("catalog-web-1")):
                os.kill(worker, signal.SIGKILL)
        statuses = [status for one in asked for status in one.result()]

    assert len(statuses) > KILLS * ASKERS
    assert set(statuses) == {200}
