"""A web process dies under a request, and its visitor does not notice."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import httpx

from tests.journeys.shop import eventually
from tests.resilience.stage import children

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"


@contextmanager
def held_back(stage, service, table):
    """Whoever reads the table waits; gives a function that counts them."""

    def count():
        # A connection of its own each time: a transaction sees the activity of its first look.
        with stage.database(service) as link, link.cursor() as cursor:
            cursor.execute(WAITING, [f"%{table}%"])
            return cursor.fetchone()[0]

    with stage.database(service) as link, link.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield count
        link.rollback()


def test_a_get_that_a_dying_worker_cut_off_is_asked_again(stage):
    """The only replica, and all its workers die: the next one behind its port answers."""
    url = f"{stage.url}/catalog/api/v1/categories/?salt={uuid4().hex}"
    with ThreadPoolExecutor() as pool:
        with held_back(stage, "catalog", "catalog_category") as waiting:
            answer = pool.submit(httpx.get, url, timeout=30)
            eventually(lambda: waiting() == 1)
            workers = set(children(stage.pid("catalog-web-1")))
            for worker in workers:
                os.kill(worker, signal.SIGKILL)
            eventually(lambda: set(children(stage.pid("catalog-web-1"))) - workers)
        assert answer.result().status_code == 200
