"""What the answers of a provider mean for the mail."""

import smtplib
import socket

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as SMTPSession
from anymail.backends import test as anymail_test
from anymail.exceptions import AnymailRecipientsRefused, AnymailRequestsAPIError
from anymail.message import AnymailRecipientStatus
from django.core.mail.backends.base import BaseEmailBackend

from notify.clients.mail import (
    Mail,
    MailRefused,
    MailServerUnavailable,
    _links,
    door,
    send_mail,
)

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


class ByProvider(anymail_test.EmailBackend):
    """Anymail's own test backend: its answer is 200, and says `said` of the recipient."""

    said = "sent"

    def post_to_esp(self, payload, message):
        status = AnymailRecipientStatus(message_id="prov-2", status=self.said)
        message.anymail_test_response = {"recipient_status": {MAIL.recipient: status}}
        return super().post_to_esp(payload, message)


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


class MailServer(Controller):
    """A real one. Keeps the subjects of its mails; counts its connections."""

    def __init__(self, port=0):
        super().__init__(self, hostname="127.0.0.1", port=port)
        self.subjects, self.connections = [], 0

    def factory(self):
        self.connections += 1
        return SMTPSession(self)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 here"

    async def handle_DATA(self, server, session, envelope):
        lines = envelope.content.decode().splitlines()
        self.subjects += [line[9:] for line in lines if line.startswith("Subject: ")]
        return "250 taken"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


@pytest.fixture
def port(settings):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    yield free
    _links.drop()


def test_mails_share_a_connection(port):
    with MailServer(port) as server:
        before = server.connections
        for _ in range(3):
            send_mail(MAIL)

    assert server.subjects == ["Hello"] * 3
    assert server.connections == before + 1


def test_a_server_that_was_restarted_gets_its_mails(port):
    with MailServer(port) as first:
        send_mail(MAIL)
    with pytest.raises(MailServerUnavailable):
        send_mail(MAIL)
    with MailServer(port) as second:
        send_mail(MAIL)

    assert (first.subjects, second.subjects) == (["Hello"], ["Hello"])


def test_a_mail_that_is_refused_leaves_nothing_behind(port):
    with MailServer(port) as server:
        with pytest.raises(MailRefused):
            send_mail(Mail("<2@souk.example>", "nobody@souk.example", "Never", "Hi"))
        send_mail(MAIL)

    assert server.subjects == ["Hello"]


@pytest.fixture
def provider_says(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.ByProvider"
    return lambda word: monkeypatch.setattr(ByProvider, "said", word)


@pytest.mark.parametrize("word", ["sent", "queued", "unknown"])
def test_what_a_provider_took_is_sent(provider_says, word):
    provider_says(word)

    assert send_mail(MAIL) == "prov-2"


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("word", ["invalid", "rejected"])
def test_a_recipient_that_the_provider_refuses_is_refused(provider_says, settings, word, ignored):
    settings.ANYMAIL = {"IGNORE_RECIPIENT_STATUS": ignored}
    provider_says(word)

    with pytest.raises(MailRefused):
        send_mail(MAIL)


def test_a_mail_that_the_provider_failed_to_take_is_tried_again(provider_says):
    provider_says("failed")

    with pytest.raises(MailServerUnavailable):
        send_mail(MAIL)

    assert door.is_open()  # it is about this mail, others go on
