"""python -m compose.demo.mailbox --host 127.0.0.1 --smtp-port 1025 --http-port 8025 --state DIR"""

import argparse
import signal
import threading
from pathlib import Path
from typing import Any

from compose.demo.mailbox.smtp import make_controller
from compose.demo.mailbox.store import Store
from compose.demo.mailbox.views import PREFIX
from compose.demo.mailbox.web import make_server


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="compose.demo.mailbox", description="Catches every mail.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, default=1025)
    parser.add_argument("--http-port", type=int, default=8025)
    parser.add_argument("--state", type=Path, required=True, help="folder of the caught mails")
    return parser.parse_args()


def main() -> None:
    arguments = _arguments()
    store = Store(arguments.state)
    smtp = make_controller(store, arguments.host, arguments.smtp_port)
    web = make_server(store, arguments.host, arguments.http_port)
    smtp.start()

    def stop(number: int, frame: Any) -> None:
        threading.Thread(target=web.shutdown).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    print(
        f"mailbox ready: smtp://{arguments.host}:{arguments.smtp_port}"
        f" http://{arguments.host}:{arguments.http_port}{PREFIX}",
        flush=True,
    )
    web.serve_forever(poll_interval=0.2)
    web.server_close()
    smtp.stop()
    store.close()


if __name__ == "__main__":
    main()
