"""A private Redis: a cache and live messages. It keeps nothing on disk."""

from functools import partial

from compose.local import network, packages
from compose.local.layout import Layout
from compose.local.network import LOOPBACK
from compose.local.programs import Program
from compose.local.state import State

NAME = "redis"
SETTINGS = {
    "bind": LOOPBACK,
    "appendonly": "no",
    "save": "",
    "maxmemory": "64mb",
    "maxmemory-policy": "allkeys-lru",
    "daemonize": "no",
}


def url(state: State) -> str:
    return f"redis://{LOOPBACK}:{state.port(NAME)}/0"


def program(layout: Layout, state: State) -> Program:
    port = state.port(NAME)
    settings = {**SETTINGS, "port": str(port), "dir": str(layout.redis)}
    arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
    return Program(
        name=NAME,
        service=NAME,
        role="server",
        port=port,
        argv=(str(packages.find("redis-server")), *arguments),
        is_ready=partial(network.answers, port, b"PING\r\n", b"+PONG"),
    )
