"""Hands one mail to the mail server or provider that the settings name."""

import smtplib
import threading
from dataclasses import dataclass
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from shared.errors import DomainError

SMTP = "django.core.mail.backends.smtp.EmailBackend"
# Refusals of our own credentials or of our speed, not of the mail.
_NOT_THE_MAILS_FAULT = {401, 403, 408, 429}


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
        here = (self._link.host, self._link.port) == (settings.EMAIL_HOST, settings.EMAIL_PORT)
        try:
            return here and self._link.connection.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def drop(self) -> None:
        link, self._link = self._link, None
        if link is not None and link.connection is not None:
            link.connection.close()
            link.connection = None


_links = _Links()


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
        raise MailServerUnavailable(description) from error
    status = getattr(message, "anymail_status", None)
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
