from datetime import timedelta

import pytest
from django.db import OperationalError

from catalog import operations
from catalog.models import ImportFile, ImportRun, Product
from catalog.operations import importing, upserting
from catalog.queries.imports import list_import_errors
from catalog.tests.conftest import NOW
from shared.errors import DomainError
from shared.events.models import OutboxMessage
from shared.testing.events import published_names, run_enqueued_jobs

pytestmark = pytest.mark.django_db
HEAD = "Handle,Title,Variant SKU,Variant Price"
JOB = "job.catalog.run_import"


def ask(*rows, head=HEAD, **wish):
    wish = {"data": "\n".join([head, *rows]).encode(), "file_name": "f.csv", **wish}
    return operations.request_import(format="shopify", now=NOW, **wish)


def work(run):
    operations.run_import(run_id=run.pk, clock=lambda: NOW + timedelta(minutes=1))
    run.refresh_from_db()
    return run


def counts(run):
    return run.status, run.total, run.created, run.updated, run.unchanged, run.failed


def product_names():
    return [name for name in published_names() if name.startswith("product.")]


def test_it_waits_and_the_worker_does_it():
    run = ask("tea,Tea,T,5", "pot,Pot,P,x")
    assert counts(run) == ("queued", 0, 0, 0, 0, 0)
    assert published_names() == [JOB]

    assert run_enqueued_jobs() == [JOB]

    run.refresh_from_db()
    assert counts(run) == ("done", 2, 1, 0, 0, 1)
    assert run.requested_at < run.started_at <= run.finished_at
    assert [(e.row, e.code) for e in list_import_errors(run)] == [(3, "bad_price")]
    assert not ImportFile.objects.exists()


def test_it_does_nothing_when_it_is_over():
    run = ask("tea,Tea,T,5")
    work(run)
    told = published_names()

    assert counts(work(run)) == ("done", 1, 1, 0, 0, 0)
    assert published_names() == told


class Killed(BaseException):
    """What no `except Exception` stops, as a killed process."""


def test_it_goes_on_where_a_killed_worker_stopped(monkeypatch):
    run = ask("a,A,A,1", "bad,B,B,x", "c,C,C,3", "d,D,D,4")
    land = importing.upsert_product

    def die(product, *args, **options):
        if product.handle == "c":
            raise Killed
        return land(product, *args, **options)

    monkeypatch.setattr(importing, "upsert_product", die)
    with pytest.raises(Killed):
        work(run)
    run.refresh_from_db()
    assert counts(run) == ("running", 4, 1, 0, 0, 1)

    monkeypatch.setattr(importing, "upsert_product", land)

    assert counts(work(run)) == ("done", 4, 3, 0, 0, 1)
    assert product_names() == ["product.changed"] * 3
    assert len(list_import_errors(run)) == 1


def test_a_long_file_is_worked_off_in_parts(monkeypatch):
    monkeypatch.setattr(importing, "PRODUCTS_PER_JOB", 2)
    run = ask(*(f"p{n},P,S{n},1" for n in range(5)))

    assert run_enqueued_jobs() == [JOB]
    run.refresh_from_db()
    assert counts(run) == ("running", 5, 2, 0, 0, 0)
    assert run_enqueued_jobs() == [JOB]
    assert run_enqueued_jobs() == [JOB]

    run.refresh_from_db()
    assert counts(run) == ("done", 5, 5, 0, 0, 0)
    assert run_enqueued_jobs() == []


def test_files_are_taken_in_the_order_they_came():
    old, new = ask("tea,Old,T,5"), ask("tea,New,T,6")

    assert counts(work(new))[0] == "queued"
    assert not Product.objects.exists()
    OutboxMessage.objects.all().delete()
    work(old)
    assert published_names()[-1] == JOB
    run_enqueued_jobs()

    new.refresh_from_db()
    assert counts(new) == ("done", 1, 0, 1, 0, 0)
    assert Product.objects.get().title == "New"


def test_one_that_fails_calls_the_next():
    broken = ask('tea,"Tea,T,5', data=b'Handle,Title,Variant Price\ntea,Tea,5\npot,"Pot')
    good = ask("pot,Pot,P,5")

    assert counts(work(broken)) == ("failed", 0, 0, 0, 0, 0)
    assert (broken.error_code, "Line 3" in broken.error) == ("not_csv", True)
    assert counts(work(good))[0] == "done"
    assert not ImportFile.objects.exists()


def test_one_of_the_command_line_keeps_nobody_waiting():
    ImportRun.objects.create(file_name="killed.csv", format="shopify", status="running")

    assert counts(work(ask("tea,Tea,T,5")))[0] == "done"


def test_a_dry_run_keeps_nothing_but_the_report():
    run = ask("a,A,A,1", "b,B,A2,x", "c,C,C,3", dry_run=True)
    OutboxMessage.objects.all().delete()

    assert counts(work(run)) == ("done", 3, 2, 0, 0, 1)
    assert not Product.objects.exists()
    assert published_names() == []


def test_a_bug_in_one_product_spares_the_others(monkeypatch):
    save = upserting.create_product

    def break_for_pot(*, changes, **options):
        if changes["handle"] == "pot":
            raise ZeroDivisionError
        return save(changes=changes, **options)

    monkeypatch.setattr(upserting, "create_product", break_for_pot)
    run = work(ask("pot,Pot,P,1", "tea,Tea,T,2"))

    assert counts(run) == ("done", 2, 1, 0, 0, 1)
    assert [(e.row, e.handle, e.code) for e in list_import_errors(run)] == [
        (2, "pot", "internal_error")
    ]


def test_a_deadlock_is_tried_again(monkeypatch):
    save, met = upserting.create_product, []

    def meet_once(**options):
        if not met:
            met.append(True)
            raise OperationalError("deadlock detected")
        return save(**options)

    monkeypatch.setattr(upserting, "create_product", meet_once)
    assert counts(work(ask("tea,Tea,T,2"))) == ("done", 1, 1, 0, 0, 0)


def test_a_bug_in_the_reading_ends_the_import(monkeypatch):
    def broken(data):
        raise ZeroDivisionError

    shopify = importing.FORMATS["shopify"]._replace(parse=broken)
    monkeypatch.setitem(importing.FORMATS, "shopify", shopify)
    run = work(ask("tea,Tea,T,2"))

    assert (run.status, run.error_code) == ("failed", "internal_error")


def lose_the_database(run):
    raise OperationalError("server closed the connection unexpectedly")


def test_an_absent_database_is_raised_and_loses_nothing(monkeypatch):
    run = ask("tea,Tea,T,5")
    with monkeypatch.context() as patch:
        patch.setattr(importing, "is_cut_off", lambda: True)
        patch.setattr(importing, "_data_of", lose_the_database)
        with pytest.raises(OperationalError):
            work(run)

    run.refresh_from_db()
    assert counts(run)[0] == "running"
    assert counts(work(run)) == ("done", 1, 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"data": b""}, "not_csv"),
        ({"data": b"Handle,\x81"}, "wrong_encoding"),
        ({"data": b"x" * 11_000_000}, "file_too_large"),
        ({"data": b"", "url": "ftp://x.example/f"}, "import_url_refused"),
        ({"data": b"", "url": "http://[::1]/f"}, "import_url_refused"),
    ],
)
def test_what_plainly_is_none_is_refused_at_once(wish, code):
    with pytest.raises(DomainError) as refusal:
        ask(**wish)

    assert refusal.value.code == code
    assert not ImportRun.objects.exists()
    assert not ImportFile.objects.exists()
    assert published_names() == []


def test_a_file_from_elsewhere_is_fetched_once(monkeypatch):
    fetched = []

    def fetch(url, **options):
        fetched.append(url)
        return f"{HEAD}\na,A,A,1\nb,B,B,{len(fetched)}".encode()

    monkeypatch.setattr(importing, "fetch_feed", fetch)
    monkeypatch.setattr(importing, "PRODUCTS_PER_JOB", 1)
    run = ask(data=b"", url="https://feeds.example/f.csv")
    while run_enqueued_jobs():
        pass

    run.refresh_from_db()
    assert counts(run) == ("done", 2, 2, 0, 0, 0)
    assert fetched == ["https://feeds.example/f.csv"]
    assert not ImportFile.objects.exists()
