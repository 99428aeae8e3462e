"""The SMTP side: takes any mail for anybody."""

import asyncio
from typing import Any

from aiosmtpd.controller import Controller

from compose.demo.mailbox.store import Store


class Catcher:
    """aiosmtpd's handler. Says yes only once the mail is on the disk."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        content = envelope.original_content or b""
        await asyncio.to_thread(
            self._store.add, envelope.mail_from or "", envelope.rcpt_tos, content
        )
        return "250 OK"


def make_controller(store: Store, host: str, port: int) -> Any:
    """`start()` returns once it listens; it runs in a thread of its own."""
    return Controller(Catcher(store), hostname=host, port=port, enable_SMTPUTF8=True)
