"""PostgreSQL, RabbitMQ and Redis together: ports, preparation, start."""

from collections.abc import Iterable

from compose.local import environment, health, network, packages, postgres, rabbitmq, redis
from compose.local.layout import Layout
from compose.local.programs import Program
from compose.local.state import State
from compose.local.supervisor import Supervisor

BROKER = (rabbitmq.EPMD, rabbitmq.NAME)


def programs(layout: Layout, state: State) -> list[Program]:
    return [
        postgres.program(layout, state),
        *rabbitmq.programs(layout, state),
        redis.program(layout, state),
    ]


def names() -> list[str]:
    return [postgres.NAME, *BROKER, redis.NAME]


def renew_taken_ports(programs: Iterable[Program], state: State, supervisor: Supervisor) -> None:
    """A port that somebody took while its program was down is exchanged for a free one."""
    statuses = supervisor.statuses()
    for program in programs:
        status = statuses.get(program.name)
        if not program.port or (status and status.is_up):
            continue
        for name in (program.name, *program.other_ports):
            if not network.is_free(state.port(name)):
                state.renew_port(name)


def check_data(layout: Layout, state: State) -> None:
    """OtherVersion if data of an earlier time need a server that is not installed."""
    postgres.check_data(layout, state)
    rabbitmq.check_data(layout)


def start(layout: Layout, state: State, supervisor: Supervisor) -> None:
    """Asks for the servers that do not run, side by side; `wait` tells when they are there.

    One that runs is left alone, whatever changed in its configuration: others may be using it.
    """
    statuses = supervisor.statuses()
    down = [
        program
        for program in programs(layout, state)
        if program.name not in statuses or not statuses[program.name].is_up
    ]
    database = [program for program in down if program.name == postgres.NAME]
    others = [program for program in down if program.name != postgres.NAME]
    if others:
        rabbitmq.prepare(layout, state)
        supervisor.apply(others)
        supervisor.start(program.name for program in others)
    if database:
        postgres.prepare(layout, state)  # while initdb works, the others boot
        supervisor.apply(database)
        supervisor.start([postgres.NAME])


def wait(layout: Layout, state: State, supervisor: Supervisor) -> None:
    """Returns when all servers answer and every database exists."""
    health.wait_for(programs(layout, state), supervisor, layout)
    postgres.create_databases(layout, state)


def wait_for_databases(layout: Layout, state: State, supervisor: Supervisor) -> None:
    """Returns when every database exists; the broker may still be on its way."""
    health.wait_for([postgres.program(layout, state)], supervisor, layout)
    postgres.create_databases(layout, state)


def up(layout: Layout, state: State, supervisor: Supervisor) -> None:
    """The servers alone, with the environment files: enough to run a service's tests."""
    packages.ensure(packages.SERVERS, layout.log("packages"))
    check_data(layout, state)
    supervisor.launch()
    renew_taken_ports(programs(layout, state), state, supervisor)
    environment.choose_settings(layout, state)
    environment.choose_gateway_ports(layout, state)
    environment.write_all(layout, state)
    start(layout, state, supervisor)
    wait(layout, state, supervisor)
