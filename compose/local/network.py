"""Ports of 127.0.0.1: which are free, which answer."""

import random
import socket
from collections.abc import Container

LOOPBACK = "127.0.0.1"
# Below Linux's ephemeral range (32768 up), so no outgoing connection sits on a chosen port.
FIRST, LAST = 20000, 29999


def is_free(port: int) -> bool:
    """True if a server could listen on the port now (sockets in TIME_WAIT do not count)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def find_free(avoid: Container[int]) -> int:
    """A random free port; random, so that two checkouts rarely look at the same one."""
    while True:
        port = random.randint(FIRST, LAST)
        if port not in avoid and is_free(port):
            return port


def answers(port: int, say: bytes = b"", expect: bytes = b"") -> bool:
    """True if something listens and, after `say`, answers with bytes that start with `expect`."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=2) as connection:
            connection.sendall(say)
            return not expect or connection.recv(64).startswith(expect)
    except OSError:
        return False
