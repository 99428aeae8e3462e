"""Caught mails in SQLite. A mail that comes again by its Message-ID is counted, not kept."""

import email
import json
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from uuid import uuid4

_SCHEMA = """
CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    source BLOB NOT NULL,
    received_at TEXT NOT NULL,
    copies INTEGER NOT NULL DEFAULT 1
)
"""
_COLUMNS = "id, message_id, sender, recipients, subject, text, html, received_at, copies"


@dataclass(frozen=True)
class Mail:
    """A caught mail. `copies` counts how often it came."""

    id: int
    message_id: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    received_at: str
    copies: int


class Store:
    """Thread safe; kept before a call returns."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(folder / "mails.sqlite3", check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        # Whatever ends the process, no mail is lost. Only a power cut takes the last moments.
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def add(self, sender: str, recipients: Iterable[str], source: bytes) -> None:
        # The newer policies of the library read headers six times as slowly.
        message = email.message_from_bytes(source)
        values = (
            _header(message, "Message-ID") or f"<{uuid4()}@mailbox>",
            _header(message, "From") or sender,
            json.dumps(list(recipients)),
            _header(message, "Subject"),
            _body(message, "plain"),
            _body(message, "html"),
            source,
            datetime.now(UTC).isoformat(timespec="milliseconds"),
        )
        with self._lock, self._database:
            self._database.execute(
                "INSERT INTO mails (message_id, sender, recipients, subject, text, html, source,"
                " received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (message_id) DO UPDATE SET copies = copies + 1",
                values,
            )

    def list(self, to: str = "", limit: int = 500) -> list[Mail]:
        """Newest first; `to` is a part of a recipient's address."""
        with self._lock:
            rows = self._database.execute(
                f"SELECT {_COLUMNS} FROM mails WHERE instr(lower(recipients), lower(?))"
                " ORDER BY id DESC LIMIT ?",
                (to, limit),
            ).fetchall()
        return [_mail(row) for row in rows]

    def get(self, mail_id: int) -> Mail | None:
        with self._lock:
            row = self._database.execute(
                f"SELECT {_COLUMNS} FROM mails WHERE id = ?", (mail_id,)
            ).fetchone()
        return _mail(row) if row else None

    def source(self, mail_id: int) -> bytes:
        with self._lock:
            row = self._database.execute(
                "SELECT source FROM mails WHERE id = ?", (mail_id,)
            ).fetchone()
        return bytes(row[0]) if row else b""

    def clear(self) -> None:
        with self._lock, self._database:
            self._database.execute("DELETE FROM mails")


def _mail(row: tuple[object, ...]) -> Mail:
    number, message_id, sender, recipients, subject, text, html, received_at, copies = row
    return Mail(
        id=int(str(number)),
        message_id=str(message_id),
        sender=str(sender),
        recipients=tuple(json.loads(str(recipients))),
        subject=str(subject),
        text=str(text),
        html=str(html),
        received_at=str(received_at),
        copies=int(str(copies)),
    )


def _header(message: Message, name: str) -> str:
    # A header that cannot be read is shown as nothing; the source has it.
    try:
        decoded = make_header(decode_header(str(message.get(name, ""))))
        return " ".join(str(decoded).split())
    except (LookupError, ValueError, HeaderParseError):
        return ""


def _body(message: Message, kind: str) -> str:
    """The first part of text of this kind that is no attachment."""
    for part in message.walk():
        is_attached = part.get_content_disposition() == "attachment"
        if part.get_content_type() == f"text/{kind}" and not is_attached:
            return _text(part)
    return ""


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace").replace("\r\n", "\n")
    except LookupError:
        return ""
