"""The Celery application of this service: `shared.events.app.app`.

Why each setting that is not a default:
- late acks, reject on worker loss, reject on failure: a message leaves the queue only when its
  effect committed, when a retry of it was confirmed, or into the dead-letter exchange;
- `worker_detect_quorum_queues` stays on (per-consumer QoS), and the default exchange is a topic,
  because native delayed delivery of retries cannot use a direct one;
- threads: handlers wait for PostgreSQL, and a prefork pool would double the memory;
- no Django fixup: it would open a new database connection for every message (measured: 25 ms
  instead of 8 for a handler of six queries). We tidy connections as Django does for requests.
"""

import random
from collections.abc import Callable
from typing import Any

import structlog
from celery import Celery, Task
from celery.exceptions import Reject, Retry
from django.conf import settings
from django.db import close_old_connections

from shared.contracts.base import MalformedFact
from shared.events.consuming import Consumer, Job, load_handlers
from shared.events.failures import UNAVAILABLE, is_postponed, keep_failed_event
from shared.events.handling import handle_fact, run_job
from shared.events.topology import TASKS, service_queue

LONGEST_WAIT_SECONDS = 60
# The header that carries how often the handler failed. Celery's own `retries` also counts how often
# the message was postponed, which is nobody's failure.
FAILURES = "souk_failures"
log = structlog.get_logger(__name__)


def make_app(service: str) -> Celery:
    """A Celery app with this service's queue, its consumers and its jobs."""
    app = Celery(service, broker=settings.BROKER_URL, set_as_current=True, fixups=[])
    app.conf.update(
        task_queues=[service_queue(service)],
        task_default_queue=service,
        task_default_exchange=TASKS.name,
        task_default_exchange_type="topic",
        task_default_routing_key=service,
        task_create_missing_queues=False,
        task_ignore_result=True,
        task_acks_late=True,
        task_acks_on_failure_or_timeout=False,
        task_reject_on_worker_lost=True,
        worker_consumer="shared.events.worker:Consumer",
        worker_prefetch_multiplier=4,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={"confirm_publish": True},
        broker_heartbeat=10,
        broker_pool_limit=2,
        broker_native_delayed_delivery_queue_type="quorum",
    )
    consumers, jobs = load_handlers()
    for name, consumer in consumers.items():
        _register(app, name, _fact_task(consumer))
    for name, task in jobs.items():
        _register(app, name, _job_task(task))
    app.conf.beat_schedule = {
        name: {"task": name, "schedule": task.every, "options": {"expires": task.every}}
        for name, task in jobs.items()
        if task.every is not None
    }
    return app


def _register(app: Celery, name: str, function: Callable[..., None]) -> None:
    app.task(name=name, bind=True, max_retries=None, ignore_result=True)(function)


def _fact_task(consumer: Consumer) -> Callable[..., None]:
    def run(self: Task[Any, Any], envelope: Any = None) -> None:
        _attempt(self, envelope, lambda: handle_fact(consumer, envelope))

    return run


def _job_task(task: Job) -> Callable[..., None]:
    def run(self: Task[Any, Any], envelope: Any = None) -> None:
        if envelope is None:
            close_old_connections()
            run_job(task, None)
        else:
            _attempt(self, envelope, lambda: run_job(task, envelope))

    return run


def _attempt(task: Task[Any, Any], envelope: Any, handle: Callable[[], bool]) -> None:
    close_old_connections()
    failures = _count_failures(task)
    try:
        handle()
    except Exception as error:
        if is_postponed(error):
            # The event is not at fault, so it is not given up however long this takes.
            log.warning("event_postponed", task=task.name, error=str(error))
            _postpone(task, error, failures)
        attempts = failures + 1
        log.exception("event_failed", task=task.name, attempts=attempts)
        if attempts <= settings.EVENT_MAX_RETRIES and not isinstance(error, MalformedFact):
            _again(task, error, failures=attempts, wait=backoff(failures))
        _give_up(task, envelope, error, attempts)


def _count_failures(task: Task[Any, Any]) -> int:
    """How often the handler failed with this message before."""
    count = (task.request.headers or {}).get(FAILURES, 0)
    return count if isinstance(count, int) else 0


def _postpone(task: Task[Any, Any], error: Exception, failures: int) -> None:
    postponed = max(0, task.request.retries - failures)
    _again(task, error, failures=failures, wait=backoff(postponed))


def _again(task: Task[Any, Any], error: Exception, *, failures: int, wait: int) -> None:
    """A copy of the message comes back to this service's queue alone, after so many seconds."""
    # The broker's own headers stay behind: by them it would take the copy for one that goes in
    # circles, and drop it.
    options: dict[str, Any] = {"queue": settings.SERVICE, "headers": {FAILURES: failures}}
    try:
        task.retry(exc=error, countdown=wait, max_retries=None, **options)
    except Retry:
        raise
    except Exception as broken:
        raise Reject(str(broken), requeue=True) from error


def _give_up(task: Task[Any, Any], envelope: Any, error: Exception, attempts: int) -> None:
    try:
        keep_failed_event(handler=str(task.name), envelope=envelope, error=error, attempts=attempts)
    except UNAVAILABLE as unavailable:
        _postpone(task, unavailable, attempts - 1)


def backoff(retries: int) -> int:
    """Whole seconds (native delayed delivery counts in them): 1, 2, 4 … 60, with jitter upwards."""
    ceiling: int = min(LONGEST_WAIT_SECONDS, 2 ** min(retries, 10))
    return ceiling + random.randint(0, ceiling // 2)


app = make_app(settings.SERVICE)
