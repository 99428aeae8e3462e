"""Hands one mail to the mail server or provider that the settings name."""

import smtplib
from dataclasses import dataclass

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from shared.errors import DomainError

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
        message.send()
    except (OSError, AnymailAPIError, AnymailRecipientsRefused, ValueError) as error:
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
