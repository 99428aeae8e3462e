"""Hands one mail to the mail server or provider that the settings name."""

import select
import smtplib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from shared.errors import DomainError

SMTP = "django.core.mail.backends.smtp.EmailBackend"
# Refusals of our own credentials or of our speed, not of the mail.
_NOT_THE_MAILS_FAULT = {401, 403, 408, 429}
# What a provider may say of the recipient in an answer that is no error (anymail.message).
_NEVER, _NOT_NOW = frozenset({"invalid", "rejected"}), frozenset({"failed"})
# What a server that is well may say of a mail, also "later".
_ABOUT_ONE_MAIL = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)


class MailServerUnavailable(DomainError):
    code = "mail_server_unavailable"
    status = 503
    title = "The mail server cannot be reached or asks to come back later"


class MailRefused(DomainError):
    code = "mail_refused"
    title = "The mail server will never take this mail"


@dataclass(frozen=True)
class Mail:
    """`message_id` is the same on every attempt, so that receivers can tell a repetition."""

    message_id: str
    recipient: str
    subject: str
    text: str
    html: str = ""


class _Links(threading.local):
    """This thread's connection to the mail server, kept from one mail to the next. That it has
    gone is noticed before a mail is given to it, so no mail's fate is unknown because of that."""

    def __init__(self) -> None:
        self._link: Any = None

    def take(self) -> Any:
        """None for a provider's API, which has its own way. Raises OSError."""
        if settings.EMAIL_BACKEND != SMTP:
            return None
        if self._link is not None and not self._answers():
            self.drop()
        if self._link is None:
            link = get_connection()
            link.open()
            self._link = link
        return self._link

    def _answers(self) -> bool:
        """A server that ends a connection, or dies, leaves something to read on it. It is asked
        only when there is something."""
        here = (self._link.host, self._link.port) == (settings.EMAIL_HOST, settings.EMAIL_PORT)
        try:
            return here and (self._is_quiet() or self._link.connection.noop()[0] == 250)
        except (OSError, ValueError, smtplib.SMTPException):
            return False

    def _is_quiet(self) -> bool:
        socket = self._link.connection.sock
        if socket is None:
            return False
        poll = select.poll()
        poll.register(socket, select.POLLIN)
        return not poll.poll(0)

    def drop(self) -> None:
        link, self._link = self._link, None
        if link is not None and link.connection is not None:
            link.connection.close()
            link.connection = None


_links = _Links()


class Door:
    """Which threads that handle facts may send right away: a few at a time, and none for a while
    after the mail server could not be reached or kept all of these busy. However slow it is, the
    others handle facts."""

    LANES, PATIENCE_SECONDS, PAUSE_SECONDS = 2, 1.0, 10.0

    def __init__(self) -> None:
        self._lanes = threading.BoundedSemaphore(self.LANES)
        self._shut_until = 0.0

    def is_open(self) -> bool:
        """False for a while after the mail server was away or slow."""
        return time.monotonic() >= self._shut_until

    def shut(self) -> None:
        self._shut_until = time.monotonic() + self.PAUSE_SECONDS

    def open(self) -> None:
        self._shut_until = 0.0

    @contextmanager
    def enter(self) -> Iterator[bool]:
        """Around a mail that others wait behind. True when it may be sent now."""
        if not self.is_open():
            yield False
        elif self._lanes.acquire(timeout=self.PATIENCE_SECONDS):
            try:
                yield True
            finally:
                self._lanes.release()
        else:
            self.shut()
            yield False


door = Door()


def send_mail(mail: Mail) -> str:
    """The provider's id of the mail ("" with plain SMTP). Raises MailServerUnavailable when it is
    worth another attempt, MailRefused when it is not."""
    message = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        settings.DEFAULT_FROM_EMAIL,
        [mail.recipient],
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    try:
        message.connection = _links.take()
        message.send()
    except (OSError, AnymailAPIError, AnymailRecipientsRefused, ValueError) as error:
        _links.drop()
        description = f"{type(error).__name__}: {error}"
        if _is_final(error):
            raise MailRefused(description) from error
        if not isinstance(error, _ABOUT_ONE_MAIL):
            door.shut()
        raise MailServerUnavailable(description) from error
    return _read_status(message)


def _read_status(message: EmailMultiAlternatives) -> str:
    """The provider's id. Where Anymail raises nothing, the answer may still say that this very mail
    was not taken."""
    status = getattr(message, "anymail_status", None)
    said = set(getattr(status, "status", None) or ())
    if said & _NEVER:
        raise MailRefused(f"The provider says {', '.join(sorted(said))}")
    if said & _NOT_NOW:
        raise MailServerUnavailable(f"The provider says {', '.join(sorted(said))}")
    return str(getattr(status, "message_id", None) or "")


def _is_final(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500
    if isinstance(error, AnymailAPIError):
        code = error.status_code or 503
        return 400 <= code < 500 and code not in _NOT_THE_MAILS_FAULT
    # A bad address or header, or one that the server cannot spell.
    final = (ValueError, smtplib.SMTPNotSupportedError, AnymailRecipientsRefused)
    return isinstance(error, final)
