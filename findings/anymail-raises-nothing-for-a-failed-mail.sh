#!/usr/bin/env bash
# django-anymail 15.2: `send()` returns 1 and raises nothing when the provider's answer says that the only recipient failed; for
# rejected or invalid it raises only when every recipient was refused.
#
# Guess: no exception means that the provider took the mail.
# Seen:  failed 1 ['failed'] / rejected AnymailRecipientsRefused / rejected and queued 1 ['queued', 'rejected']
# So:    look at `message.anymail_status` after each send.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check django==5.2.19 django-anymail==15.2
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import django
from django.conf import settings

settings.configure(EMAIL_BACKEND="anymail.backends.test.EmailBackend", INSTALLED_APPS=["anymail"])
django.setup()
from anymail.backends.test import EmailBackend
from anymail.exceptions import AnymailRecipientsRefused
from anymail.message import AnymailRecipientStatus
from django.core.mail import EmailMessage


def send(**answers: str) -> None:
    def parse(self, response, payload, message):
        return {
            f"{name}@shop.example": AnymailRecipientStatus(message_id="1", status=status)
            for name, status in answers.items()
        }

    EmailBackend.parse_recipient_status = parse
    message = EmailMessage("Hello", "Text", "shop@shop.example", [f"{name}@shop.example" for name in answers])
    words = " and ".join(answers.values())
    try:
        print(words, message.send(), sorted(message.anymail_status.status))
    except AnymailRecipientsRefused as refused:
        print(words, type(refused).__name__)


send(ada="failed")
send(ada="rejected")
send(ada="rejected", bob="queued")
PYTHON
diff "$folder/seen" - <<'SEEN'
failed 1 ['failed']
rejected AnymailRecipientsRefused
rejected and queued 1 ['queued', 'rejected']
SEEN
