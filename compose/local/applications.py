"""The one table of what runs beside the servers: every service's processes, and their helpers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from compose.local import environment, gunicorn, health, network, rabbitmq
from compose.local.layout import Layout
from compose.local.network import LOOPBACK
from compose.local.programs import Program
from compose.local.state import State
from shared.services import SERVICES

SANDBOX, MAILBOX, FLOWER, STREAM = "payments-sandbox", "mailbox", "flower", "notify-stream"
IDENTITY = "users-identity"
FLOWER_PREFIX = "ops/flower"
UVICORN = (
    *("-m", "uvicorn", "--factory", "django.core.asgi:get_asgi_application"),
    *("--lifespan", "off", "--no-access-log", "--timeout-graceful-shutdown", "2"),
)
# Two allocator arenas instead of eight a core: threads here wait more than they allocate.
LEAN = {"MALLOC_ARENA_MAX": "2"}


@dataclass(frozen=True)
class Replicas:
    """Programs of which there may be several: all that should run, and the name of each."""

    programs: Callable[[Layout, State], list[Program]]
    name: Callable[[int], str]
    is_routed: bool = False


def web_name(service: str, replica: int) -> str:
    return f"{service}-web-{replica}"


def worker_name(service: str, replica: int = 1) -> str:
    return f"{service}-worker" if replica == 1 else f"{service}-worker-{replica}"


def programs(layout: Layout, state: State) -> list[Program]:
    """Everything that should run now, in the order in which it is started."""
    listed = [_sandbox(layout, state)] if environment.uses_sandbox(state) else []
    listed.append(_mailbox(layout, state))
    for service in SERVICES:
        listed += web_programs(layout, state, service)
    listed += [_identity(layout, state), _stream(layout, state)]
    return listed + list(_consumers(layout, state))


def web_programs(layout: Layout, state: State, service: str) -> list[Program]:
    return [
        _web(layout, state, service, web_name(service, replica))
        for replica in range(1, state.replicas(service) + 1)
    ]


def worker_programs(layout: Layout, state: State, service: str) -> list[Program]:
    count = state.replicas(worker_name(service))
    return [_worker(layout, service, replica) for replica in range(1, count + 1)]


def scalable() -> dict[str, Replicas]:
    """What may have replicas, by the name that people scale it with: `orders` means its web
    processes, `orders-worker` its workers."""
    found: dict[str, Replicas] = {}
    for service in SERVICES:
        found[service] = Replicas(
            partial(web_programs, service=service), partial(web_name, service), is_routed=True
        )
        found[worker_name(service)] = Replicas(
            partial(worker_programs, service=service), partial(worker_name, service)
        )
    return found


def uses_broker(name: str) -> bool:
    """True for the programs that speak to RabbitMQ; a web process leaves that to its worker."""
    return name == FLOWER or name.startswith(tuple(map(worker_name, SERVICES)))


def _consumers(layout: Layout, state: State) -> Iterator[Program]:
    for service in SERVICES:
        yield from worker_programs(layout, state, service)
    yield _flower(layout, state)


def _identity(layout: Layout, state: State) -> Program:
    """The web of users once more, for the gateway's questions only: who signs in keeps the other
    one busy for a good part of a second, and nobody's session may wait for that."""
    return _web(layout, state, "users", IDENTITY, role="identity")


def _web(layout: Layout, state: State, service: str, name: str, role: str = "web") -> Program:
    port = state.port(name)
    return Program(
        name=name,
        service=service,
        role=role,
        port=port,
        argv=(
            str(layout.python),
            *gunicorn.arguments(name if role != "web" else service, f"{LOOPBACK}:{port}"),
            "--name",
            name,
        ),
        env=_django(service),
        env_file=layout.env_file(service),
        is_ready=partial(health.answers_ok, port, f"/{service}/health/ready"),
        stop_seconds=35,
    )


def _stream(layout: Layout, state: State) -> Program:
    port = state.port(STREAM)
    return Program(
        name=STREAM,
        service="notify",
        role="stream",
        port=port,
        argv=(str(layout.python), *UVICORN, "--host", LOOPBACK, "--port", str(port)),
        env=_django("notify"),
        env_file=layout.env_file("notify"),
        is_ready=partial(health.answers_ok, port, "/notify/health/ready"),
    )


def _worker(layout: Layout, service: str, replica: int) -> Program:
    """One worker; the first of a service also runs its clock."""
    name = worker_name(service, replica)
    heartbeat = layout.health / name
    clock = ("--clock",) if replica == 1 else ()
    return Program(
        name=name,
        service=service,
        role="worker",
        argv=(str(layout.python), "-m", f"{service}.manage", "run_worker", *clock),
        env={
            **_django(service),
            "SOUK_WORKER_HEARTBEAT": str(heartbeat),
            # A worker shows no pages, so it does not load the admin.
            "SOUK_BACKOFFICE": "0",
        },
        env_file=layout.env_file(service),
        heartbeat=heartbeat,
        is_ready=partial(health.is_beating, heartbeat),
        stop_seconds=25,
    )


def _sandbox(layout: Layout, state: State) -> Program:
    port = state.port(SANDBOX)
    arguments = ("--host", LOOPBACK, "--port", str(port), "--state", str(layout.run / "sandbox"))
    return Program(
        name=SANDBOX,
        service="payments",
        role="sandbox",
        port=port,
        argv=(str(layout.python), "-m", "compose.demo.stripe", *arguments),
        env={"SOUK_SANDBOX_WEBHOOK_URL": environment.stripe_webhook_url(state)},
        env_file=layout.env_file("payments"),
        is_ready=partial(health.answers_ok, port, "/_sandbox/health"),
    )


def _mailbox(layout: Layout, state: State) -> Program:
    port, smtp = state.port(MAILBOX), state.port("mailbox-smtp")
    arguments = ("--host", LOOPBACK, "--http-port", str(port), "--smtp-port", str(smtp))
    return Program(
        name=MAILBOX,
        service="notify",
        role="mailbox",
        port=port,
        argv=(
            *(str(layout.python), "-m", "compose.demo.mailbox", *arguments),
            *("--state", str(layout.run / "mailbox")),
        ),
        other_ports=("mailbox-smtp",),
        env_file=layout.env_file("notify"),
        is_ready=partial(network.answers, port),
    )


def _flower(layout: Layout, state: State) -> Program:
    port = state.port(FLOWER)
    arguments = (
        *(f"--port={port}", f"--address={LOOPBACK}", f"--url_prefix={FLOWER_PREFIX}"),
        *("--max_tasks=1000", "--max_workers=100", "--purge_offline_workers=300"),
    )
    return Program(
        name=FLOWER,
        service="ops",
        role="flower",
        port=port,
        argv=(str(layout.python), "-m", "compose.local.flower", *arguments),
        env={
            **LEAN,
            "CELERY_BROKER_URL": rabbitmq.url(state),
            "CELERY_CONFIG_MODULE": "compose.local.queues",
            "FLOWER_BROKER_API": rabbitmq.management_url(state),
            "HOME": str(layout.run),
        },
        is_ready=partial(health.answers_ok, port, f"/{FLOWER_PREFIX}/healthcheck"),
        stop_seconds=2,
    )


def _django(service: str) -> dict[str, str]:
    return {**LEAN, "DJANGO_SETTINGS_MODULE": f"{service}.settings"}
