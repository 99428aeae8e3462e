"""Imports by real workers: killed half-way, and several at once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from kombu import Connection

from catalog import operations
from catalog.models import ImportRun, Product, Variant
from catalog.operations import importing
from shared.contracts.catalog import ProductChanged
from shared.events.models import OutboxMessage
from shared.events.topology import dead_letter_queue, service_queue

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = b"Handle,Title,Vendor,Type,Variant SKU,Variant Inventory Qty,Variant Price\n"


def eventually(look: Callable[[], Any], *, within: float = 60.0) -> Any:
    deadline = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < deadline, f"still {found!r} after {within:.0f} s"
        time.sleep(0.02)
    return found


def products(count: int, title: str = "P") -> bytes:
    rows = (f"p{n},{title} {n},Brand {n % 3},Shelf {n % 4},S{n},{n},1.5\n" for n in range(count))
    return HEAD + "".join(rows).encode()


def ask(data: bytes, **wish: Any) -> ImportRun:
    return operations.request_import(
        data=data, file_name="f.csv", format="shopify", now=timezone.now(), **wish
    )


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """A worker of catalog on the test's own database."""
    with Connection(settings.BROKER_URL) as link:
        for queue in (service_queue("catalog"), dead_letter_queue("catalog")):
            queue(link.channel()).delete()
    running: list[Any] = []
    at = connection.get_connection_params()
    database = f"{at['user']}:{at['password']}@{at['host']}:{at['port']}/{at['dbname']}"

    def start() -> Any:
        log = (tmp_path / f"worker-{len(running)}.log").open("wb")
        worker = subprocess.Popen(
            [sys.executable, "-m", "catalog.manage", "run_worker"],
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "catalog.settings",
                "SOUK_DATABASE_URL": f"postgres://{database}",
            },
            stdout=log,
            stderr=log,
        )
        running.append(worker)
        return worker

    yield start
    for worker in running:
        worker.kill()
        worker.wait()


def test_a_killed_worker_loses_and_doubles_nothing(start_worker):
    """Another worker goes on; counts and facts are as if nothing had been."""
    run = ask(products(400))
    worker = start_worker()
    eventually(lambda: 20 < ImportRun.objects.get().position < 380)
    worker.send_signal(signal.SIGSTOP)
    reached = ImportRun.objects.get().position
    worker.kill()
    worker.wait()
    assert reached < 400

    start_worker()

    eventually(lambda: ImportRun.objects.filter(pk=run.pk, status="done").exists())
    run.refresh_from_db()
    assert (run.total, run.created, run.position, run.failed) == (400, 400, 400, 0)
    assert set(Product.objects.values_list("version", flat=True)) == {1}
    assert Product.objects.count() == Variant.objects.count() == 400


def test_two_files_with_the_same_skus_end_as_the_later_one_says(start_worker):
    old, new = ask(products(60, "Old")), ask(products(60, "New"))
    start_worker()
    start_worker()

    eventually(lambda: ImportRun.objects.filter(status="done").count() == 2)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.created, new.updated) == (60, 60)
    assert not Product.objects.exclude(title__startswith="New").exists()


def at_once(*calls: Callable[[], Any]) -> None:
    errors: list[BaseException] = []

    def run(call: Callable[[], Any]) -> None:
        try:
            call()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_the_same_message_delivered_twice_at_once_counts_once():
    run = ask(products(40))

    def work() -> None:
        operations.run_import(run_id=run.pk, clock=timezone.now)

    at_once(work, work, work)

    run.refresh_from_db()
    assert (run.status, run.created, run.unchanged, run.failed) == ("done", 40, 0, 0)
    told = OutboxMessage.objects.filter(task=ProductChanged.name)
    assert told.count() == 40


def make_stale(run: ImportRun) -> None:
    """It waits since long, and its message is lost."""
    ImportRun.objects.filter(pk=run.pk).update(moved_at=timezone.now() - importing.PATIENCE)
    OutboxMessage.objects.all().delete()


def resume() -> None:
    operations.resume_imports(now=timezone.now())


def test_two_clocks_call_a_lost_import_once():
    run = ask(products(1))
    make_stale(run)

    at_once(resume, resume, resume, resume)

    run.refresh_from_db()
    assert (run.status, run.calls) == ("queued", 1)
    assert OutboxMessage.objects.filter(task="job.catalog.run_import").count() == 1


def test_the_clock_leaves_alone_whoever_is_at_work():
    """What a worker is just about to commit is a step forward."""
    run = ask(products(1))
    make_stale(run)
    with transaction.atomic():
        ImportRun.objects.select_for_update().get(pk=run.pk)

        at_once(resume)

    run.refresh_from_db()
    assert run.calls == 0
    assert not OutboxMessage.objects.exists()


def test_a_worker_and_one_that_was_called_beside_it_count_once():
    run = ask(products(40))
    make_stale(run)
    resume()

    def work() -> None:
        operations.run_import(run_id=run.pk, clock=timezone.now)

    at_once(work, work, resume)

    run.refresh_from_db()
    assert (run.status, run.created, run.calls) == ("done", 40, 0)


def test_a_lost_message_is_made_good_by_a_worker(start_worker):
    run, following = ask(products(3)), ask(products(3, "New"))
    make_stale(run)
    start_worker()

    resume()

    eventually(lambda: ImportRun.objects.filter(status="done").count() == 2)
    following.refresh_from_db()
    assert following.updated == 3


def test_two_commands_at_once_make_each_thing_once():
    """The command line does not queue: it meets whatever else is imported."""
    reports: list[ImportRun] = []

    def work(data: bytes) -> Callable[[], None]:
        return lambda: reports.append(
            operations.import_products(
                data=data, file_name="f.csv", format="shopify", now=timezone.now()
            )
        )

    forwards = products(40)
    head, *rows = forwards.splitlines(keepends=True)
    at_once(work(forwards), work(head + b"".join(reversed(rows))))

    assert [(run.status, run.failed) for run in reports] == [("done", 0)] * 2
    assert sum(run.created for run in reports) == 40
    assert Product.objects.count() == Variant.objects.count() == 40
    assert Product.objects.values("brand").distinct().count() == 3
    assert Product.objects.values("category").distinct().count() == 4
