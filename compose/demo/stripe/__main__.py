"""`python -m compose.demo.stripe`: start the sandbox and serve until told to stop."""

from __future__ import annotations

import argparse
import fcntl
import ipaddress
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import IO

from . import account, endpoints
from .context import Config
from .delivery import Scheduler
from .server import Server
from .store import Store

ENVIRONMENT = """
environment:
  STRIPE_SECRET_KEY, STRIPE_PUBLISHABLE_KEY  the only keys accepted; without them any well-formed
                                             test key is
  STRIPE_WEBHOOK_SECRET                      default of --webhook-secret
  SOUK_SANDBOX_WEBHOOK_URL                   default of --webhook-url
  SOUK_SANDBOX_PUBLIC_BASE                   default of --public-base; without it STRIPE_JS_URL
                                             without its v3/
  SOUK_SANDBOX_ALLOW_ANY_HOST=1              listen on other than loopback addresses (containers)
"""


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    logging.basicConfig(
        level=os.environ.get("SOUK_LOG_LEVEL", "WARNING"), format="%(asctime)s %(message)s"
    )
    config = read_config(parser().parse_args())
    lock = take_lock(config.state)
    store = Store(config.state / "sandbox.sqlite3")
    with store.transaction() as tx:
        now = int(time.time())
        account.prepare(tx, now)
        endpoints.ensure(tx, config, now)
    serve(config, store)
    lock.close()
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    reader = argparse.ArgumentParser(
        prog="python -m compose.demo.stripe",
        description="A stand-in for Stripe on this machine.",
        epilog=ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    environ = os.environ.get
    reader.add_argument("--host", default="127.0.0.1")
    reader.add_argument("--port", type=int, required=True)
    reader.add_argument("--state", type=Path, required=True, help="directory to keep all data in")
    reader.add_argument("--public-base", default=environ("SOUK_SANDBOX_PUBLIC_BASE"))
    reader.add_argument("--webhook-url", default=environ("SOUK_SANDBOX_WEBHOOK_URL"))
    reader.add_argument("--webhook-secret", default=environ("STRIPE_WEBHOOK_SECRET"))
    return reader


def read_config(given: argparse.Namespace) -> Config:
    """Check the command line; ends the process where it cannot work."""
    if not _is_loopback(given.host) and os.environ.get("SOUK_SANDBOX_ALLOW_ANY_HOST") != "1":
        sys.exit(
            f"Refusing to listen on {given.host}: the sandbox is for this machine only."
            " In a container set SOUK_SANDBOX_ALLOW_ANY_HOST=1."
        )
    if given.webhook_url and not given.webhook_secret:
        sys.exit("--webhook-url needs --webhook-secret.")
    behind_gateway = os.environ.get("STRIPE_JS_URL", "").rstrip("/").removesuffix("/v3")
    base = given.public_base or behind_gateway or f"http://{given.host}:{given.port}"
    return Config(
        host=given.host,
        port=given.port,
        state=given.state,
        public_base=base.rstrip("/"),
        secret_key=os.environ.get("STRIPE_SECRET_KEY") or None,
        publishable_key=os.environ.get("STRIPE_PUBLISHABLE_KEY") or None,
        webhook_url=given.webhook_url,
        webhook_secret=given.webhook_secret,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def take_lock(state: Path) -> IO[str]:
    """One process per state directory, because keys in flight are known to the process only."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = (state / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(f"Another sandbox uses {state}.")
    return lock


def serve(config: Config, store: Store) -> None:
    """Answer until a signal comes, then finish what is running."""
    server = Server(config, store)
    scheduler = Scheduler(store, config)
    # Waited for instead of handled: a handler that wakes a lock of its own thread can deadlock.
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    scheduler.start()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    print(f"sandbox ready on http://{config.host}:{server.server_port}", flush=True)
    signal.sigwait(signals)
    server.shutdown()
    scheduler.stop()
    store.close()


if __name__ == "__main__":
    sys.exit(main())
