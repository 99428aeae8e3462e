"""What the answers of a provider mean for the mail."""

import smtplib

import pytest
from anymail.exceptions import AnymailRecipientsRefused, AnymailRequestsAPIError
from django.core.mail.backends.base import BaseEmailBackend

from notify.clients.mail import Mail, MailRefused, MailServerUnavailable, send_mail

MAIL = Mail("<1@souk.example>", "alice@souk.example", "Hello", "Hi", "<p>Hi</p>")


class Answering(BaseEmailBackend):
    """A backend that answers with `error`, or takes the mail and gives it an id."""

    error: Exception | None = None

    def send_messages(self, messages):
        if self.error is not None:
            raise self.error
        for message in messages:
            message.anymail_status = type("Status", (), {"message_id": "prov-1"})()
        return len(messages)


class _Response:
    def __init__(self, status_code):
        self.status_code = status_code
        self.reason = self.text = ""


def refused(code):
    return smtplib.SMTPRecipientsRefused({"alice@souk.example": (code, b"no")})


def provider(code):
    return AnymailRequestsAPIError(status_code=code, response=_Response(code))


@pytest.fixture
def answer(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Answering"

    def set_error(error):
        monkeypatch.setattr(Answering, "error", error)

    return set_error


def test_the_providers_id_comes_back(answer):
    answer(None)

    assert send_mail(MAIL) == "prov-1"


@pytest.mark.parametrize(
    "error",
    [
        refused(550),
        smtplib.SMTPDataError(554, b"spam"),
        smtplib.SMTPNotSupportedError("SMTPUTF8"),
        provider(422),
        AnymailRecipientsRefused("nobody"),
        ValueError("bad header"),
    ],
)
def test_a_refusal_of_the_mail_is_final(answer, error):
    answer(error)

    with pytest.raises(MailRefused):
        send_mail(MAIL)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        smtplib.SMTPServerDisconnected("gone"),
        smtplib.SMTPAuthenticationError(535, b"no"),
        smtplib.SMTPDataError(451, b"later"),
        refused(450),
        provider(429),
        provider(401),
        provider(500),
    ],
)
def test_whatever_may_pass_is_tried_again(answer, error):
    answer(error)

    with pytest.raises(MailServerUnavailable):
        send_mail(MAIL)
