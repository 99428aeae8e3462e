"""A private RabbitMQ: own node name, own epmd, own cookie, so that no other node is disturbed."""

import secrets
import shlex
from functools import partial

from compose.local import network, packages
from compose.local.errors import OtherVersion
from compose.local.layout import Layout
from compose.local.network import LOOPBACK
from compose.local.programs import Program, write_private
from compose.local.state import State

NAME = "rabbitmq"
EPMD = "epmd"
MANAGEMENT = "rabbitmq-management"
USER = "souk"
AMQP_HELLO = b"AMQP\x00\x00\x09\x01"
METHOD_FRAME = b"\x01"
SETTINGS = """\
# Written by manage_all.sh; changes are lost.
listeners.tcp.1 = 127.0.0.1:{port}
default_user = {user}
default_pass = {password}
loopback_users.{user} = true
log.console = true
log.console.use_colors = off
log.console.level = warning
log.file = false
disk_free_limit.absolute = 100MB
vm_memory_high_watermark.absolute = 512MB
collect_statistics_interval = 30000
management.tcp.ip = 127.0.0.1
management.tcp.port = {management_port}
management.rates_mode = none
"""
# Two schedulers that do not spin, small tables: what a laptop needs.
ERLANG = (
    "+P 262144 +t 2097152 +Q 16384 +S 2:2 +SDcpu 1:1 +SDio 2 +sbwt none +sbwtdcpu none"
    " +sbwtdio none +stbt u +zdbbl 32000"
    " -kernel inet_dist_use_interface {127,0,0,1} -start_epmd false"
)
# A node notes beside its data what they are fit for. RabbitMQ 4 takes no data over that lack this.
FIT_FOR_4 = "message_containers"


def url(state: State) -> str:
    password = state.secret(NAME)
    return f"amqp://{USER}:{password}@{LOOPBACK}:{state.port(NAME)}//"


def management_url(state: State) -> str:
    """Where Flower asks how long the queues are; nobody outside of this machine can."""
    return f"http://{USER}:{state.secret(NAME)}@{LOOPBACK}:{state.port(MANAGEMENT)}/api/"


def prepare(layout: Layout, state: State) -> None:
    settings = SETTINGS.format(
        port=state.port(NAME),
        management_port=state.port(MANAGEMENT),
        user=USER,
        password=state.secret(NAME),
    )
    write_private(layout.rabbitmq / "rabbitmq.conf", settings)
    write_private(layout.rabbitmq / "enabled_plugins", "[rabbitmq_management].\n")
    cookie = state.secret("rabbitmq-cookie", partial(secrets.token_hex, 16))
    write_private(layout.rabbitmq / ".erlang.cookie", cookie)


def check_data(layout: Layout) -> None:
    """OtherVersion if the broker that is installed cannot take over the queues that are there."""
    installed, data = packages.version(packages.RABBITMQ), layout.rabbitmq / "data"
    notes = [path.read_text() for path in data.glob("*-feature_flags")]
    if installed[0] >= 4 and any("quorum_queue" in n and FIT_FOR_4 not in n for n in notes):
        raise OtherVersion(
            f"The queues in {data} are of RabbitMQ 3; installed is {installed[0]}.{installed[1]}, "
            "which cannot take them over.\nWhat still lies in them gets lost with them: so first, "
            "where RabbitMQ 3 is, run\n    ./manage_all.sh up     (until all is quiet)\n"
            f"    ./manage_all.sh down\nand then here\n    rm -r '{data}'\n    ./manage_all.sh up"
        )


def programs(layout: Layout, state: State) -> list[Program]:
    return [_epmd(layout, state), _broker(layout, state)]


def _epmd(layout: Layout, state: State) -> Program:
    """In the foreground, so that it ends with the others; `erl` would leave a daemon behind."""
    port = state.port(EPMD)
    return Program(
        name=EPMD,
        service=NAME,
        role="server",
        port=port,
        argv=(str(packages.find("epmd")), "-port", str(port), "-address", LOOPBACK),
        is_ready=partial(network.answers, port),
    )


def wait_for_epmd(port: int) -> str:
    """A line of shell. A broker that finds no epmd starts a daemon, whatever `-start_epmd` says:
    ours cannot start beside it, and once the daemon is cleared away nobody finds the node."""
    asked = f"{shlex.quote(str(packages.find('epmd')))} -address {LOOPBACK} -port {port} -names"
    return f"for _ in $(seq 100); do {asked} >/dev/null 2>&1 && break; sleep 0.1; done"


def _broker(layout: Layout, state: State) -> Program:
    port = state.port(NAME)
    return Program(
        name=NAME,
        service=NAME,
        role="server",
        port=port,
        # With input allowed the script becomes the Erlang process itself, so signals reach it.
        argv=(str(packages.find("rabbitmq-server")), "-noinput"),
        other_ports=("rabbitmq-distribution", MANAGEMENT),
        env={"RABBITMQ_ALLOW_INPUT": "true", **environment(layout, state)},
        before=(wait_for_epmd(state.port(EPMD)),),
        is_ready=partial(network.answers, port, AMQP_HELLO, METHOD_FRAME),
        stop_seconds=40,
    )


def environment(layout: Layout, state: State) -> dict[str, str]:
    """What RabbitMQ and its command line tools need to find this node and no other."""
    home = layout.rabbitmq
    return {
        "HOME": str(home),
        "RABBITMQ_NODENAME": f"souk-{layout.fingerprint}@localhost",
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(layout.logs),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(home / "no-such-file"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_DIST_PORT": str(state.port("rabbitmq-distribution")),
        "RABBITMQ_SERVER_ERL_ARGS": ERLANG,
        "ERL_CRASH_DUMP": str(layout.logs / "erl_crash.dump"),
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "ERL_EPMD_PORT": str(state.port(EPMD)),
    }
