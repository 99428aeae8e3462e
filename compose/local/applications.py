"""The one table of what runs beside the servers: every service's processes, and their helpers."""

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


# What may have replicas: `orders` means its web processes, `orders-worker` its workers.
SCALABLE = [name for service in SERVICES for name in (service, f"{service}-worker")]


def replica_name(name: str, number: int) -> str:
    """Of one of SCALABLE."""
    if name in SERVICES:
        return f"{name}-web-{number}"
    return name if number == 1 else f"{name}-{number}"


def programs(layout: Layout, state: State) -> list[Program]:
    """Everything that should run now, in the order in which it is started."""
    listed = [_sandbox(layout, state)] if environment.uses_sandbox(state) else []
    listed.append(_mailbox(layout, state))
    for service in SERVICES:
        listed += replicas(layout, state, service)
    listed += [_identity(layout, state), _stream(layout, state)]
    for service in SERVICES:
        listed += replicas(layout, state, f"{service}-worker")
    return [*listed, _flower(layout, state)]


def replicas(layout: Layout, state: State, name: str) -> list[Program]:
    """The programs of one of SCALABLE."""
    numbers = range(1, state.replicas(name) + 1)
    if name in SERVICES:
        return [_web(layout, state, name, replica_name(name, number)) for number in numbers]
    service = name.removesuffix("-worker")
    return [_worker(layout, service, number) for number in numbers]


def uses_broker(name: str) -> bool:
    """True for the programs that speak to RabbitMQ; a web process leaves that to its worker."""
    return name == FLOWER or name.startswith(tuple(f"{service}-worker" for service in SERVICES))


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
    name = replica_name(f"{service}-worker", replica)
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
