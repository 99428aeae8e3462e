from datetime import timedelta

import pytest

from catalog import jobs, operations
from catalog.models import ImportFile, ImportRun, Product
from catalog.operations import importing
from catalog.operations.importing import LONGEST_COMMAND, MOST_CALLS, PATIENCE
from catalog.tests.conftest import NOW
from catalog.tests.operations.test_request_import import JOB, Killed, ask, counts, work
from shared.events.models import OutboxMessage
from shared.testing.events import published_names, run_enqueued_jobs

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def resume(after):
    """The names of the jobs that were called for."""
    OutboxMessage.objects.all().delete()
    operations.resume_imports(now=NOW + after)
    return published_names()


def fresh(run):
    return ImportRun.objects.get(pk=run.pk)


def begin(monkeypatch, *rows, **wish):
    """An import whose worker was killed at the product `b`, a minute after it began."""
    run = ask(*rows, **wish)
    land = importing.upsert_product

    def die(product, *args, **options):
        if product.handle == "b":
            raise Killed
        return land(product, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(importing, "upsert_product", die)
        with pytest.raises(Killed):
            work(run)
    return fresh(run)


def test_one_whose_message_was_lost_is_called_again():
    run = ask("tea,Tea,T,5")

    assert resume(PATIENCE - SECOND) == []
    assert resume(PATIENCE) == [JOB]
    run_enqueued_jobs()

    assert counts(fresh(run)) == ("done", 1, 1, 0, 0, 0)
    assert fresh(run).calls == 0
    assert resume(PATIENCE * 3) == []


def test_one_whose_worker_died_goes_on(monkeypatch):
    run = begin(monkeypatch, "a,A,A,1", "b,B,B,2")
    assert counts(run) == ("running", 2, 1, 0, 0, 0)

    assert resume(PATIENCE) == []
    assert resume(PATIENCE + timedelta(minutes=1)) == [JOB]
    run_enqueued_jobs()

    assert counts(fresh(run)) == ("done", 2, 2, 0, 0, 0)


def test_the_clocks_job_does_it(monkeypatch):
    ask("tea,Tea,T,5")
    OutboxMessage.objects.all().delete()
    monkeypatch.setattr(jobs.timezone, "now", lambda: NOW + PATIENCE)

    jobs.resume_imports()

    assert published_names() == [JOB]


def test_it_is_called_so_often_and_then_failed():
    run, following = ask("tea,Tea,T,5"), ask("pot,Pot,P,5")
    for call in range(1, MOST_CALLS + 1):
        assert resume(PATIENCE * call) == [JOB]
        assert resume(PATIENCE * (call + 1) - SECOND) == []
        assert fresh(run).calls == call

    assert resume(PATIENCE * (MOST_CALLS + 1)) == [JOB]

    assert (fresh(run).status, fresh(run).error_code) == ("failed", "import_stuck")
    assert "the same file again goes on with it" in fresh(run).error
    assert fresh(run).finished_at == NOW + PATIENCE * (MOST_CALLS + 1)
    assert [file.run for file in ImportFile.objects.all()] == [following]
    run_enqueued_jobs()
    assert fresh(following).status == "done"


def test_a_late_worker_leaves_one_that_was_failed_alone():
    run = ask("tea,Tea,T,5")
    ImportRun.objects.update(calls=MOST_CALLS)
    resume(PATIENCE)

    assert counts(work(run)) == ("failed", 0, 0, 0, 0, 0)
    assert not Product.objects.exists()


def test_one_that_gets_further_is_not_given_up(monkeypatch):
    begin(monkeypatch, "b,B,B,1")
    ImportRun.objects.update(calls=MOST_CALLS)

    run = begin_again(monkeypatch)

    assert (run.status, run.position, run.calls) == ("running", 1, 0)
    assert run.moved_at == NOW + timedelta(minutes=1)


def begin_again(monkeypatch):
    """The same import, in parts of one product, of which the first lands."""
    monkeypatch.setattr(importing, "PRODUCTS_PER_JOB", 1)
    ImportFile.objects.update(data=b"Handle,Title,Variant SKU,Variant Price\nb,B,B,1\nc,C,C,1")
    return work(ImportRun.objects.get())


def test_whoever_waits_for_another_is_not_called():
    """Nor given up: its time begins when its turn comes."""
    first, second = ask("tea,Tea,T,5"), ask("pot,Pot,P,5")
    for call in range(MOST_CALLS):
        resume(PATIENCE * (call + 1))
    late = NOW + PATIENCE * MOST_CALLS + timedelta(minutes=5)

    operations.run_import(run_id=first.pk, clock=lambda: late)

    assert (fresh(second).status, fresh(second).calls) == ("queued", 0)
    assert resume(late - NOW + PATIENCE - SECOND) == []
    assert resume(late - NOW + PATIENCE) == [JOB]


def test_a_dry_run_moves_when_it_is_over(monkeypatch):
    run = begin(monkeypatch, "a,A,A,1", "b,B,B,2", dry_run=True)

    assert resume(PATIENCE + timedelta(minutes=1)) == [JOB]
    run_enqueued_jobs()

    assert counts(fresh(run)) == ("done", 2, 2, 0, 0, 0)
    assert not Product.objects.exists()


def test_what_a_killed_command_left_is_ended():
    """Nobody else has its file."""
    run = ImportRun.objects.create(
        file_name="f.csv", format="shopify", status="running", started_at=NOW
    )

    assert resume(LONGEST_COMMAND - SECOND) == []
    assert fresh(run).status == "running"
    assert resume(LONGEST_COMMAND) == []

    assert (fresh(run).status, fresh(run).error_code) == ("failed", "import_interrupted")
