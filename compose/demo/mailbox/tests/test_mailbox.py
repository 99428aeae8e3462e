import smtplib
import urllib.error
from email.message import EmailMessage

import pytest

from compose.demo.mailbox.running import Mailbox


def send(mailbox, **changes):
    fields = {
        "From": "shop@souk.example",
        "To": "alice@souk.example",
        "Subject": "Hello <b>Alice</b>",
        "Message-ID": "<1@souk.example>",
        **changes,
    }
    message = EmailMessage()
    for name, value in fields.items():
        message[name] = value
    message.set_content("Read https://shop.example/?a=1&b=2 please")
    message.add_alternative("<p>Hi</p><script>alert(1)</script>", subtype="html")
    with smtplib.SMTP("127.0.0.1", mailbox.smtp_port) as smtp:
        smtp.send_message(message)


def read(mailbox, path=""):
    with mailbox.ask(path) as answer:
        return answer.read().decode(), answer.headers


def test_a_mail_is_shown_with_its_text_html_and_source(mailbox):
    send(mailbox)
    (mail,) = mailbox.mails()
    base = f"messages/{mail['id']}/"

    assert "Hello &lt;b&gt;Alice&lt;/b&gt;" in read(mailbox)[0]
    page = read(mailbox, base)[0]
    assert 'href="https://shop.example/?a=1&amp;b=2"' in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    html, headers = read(mailbox, base + "html")
    assert "<p>Hi</p>" in html
    assert headers["Content-Security-Policy"].startswith("sandbox")
    source, headers = read(mailbox, base + "source")
    assert "Message-ID: <1@souk.example>" in source
    assert headers["Content-Type"].startswith("text/plain")
    assert read(mailbox, "static/mailbox.css")[1]["Content-Type"].startswith("text/css")
    assert '"ok"' in read(mailbox, "health")[0]


def test_a_mail_that_comes_again_is_counted(mailbox):
    send(mailbox)
    send(mailbox)
    send(mailbox, **{"Message-ID": "<2@souk.example>"})

    assert [mail["copies"] for mail in mailbox.mails()] == [1, 2]
    assert "came 2 times" in read(mailbox)[0]


def test_a_search_finds_by_recipient(mailbox):
    send(mailbox)
    send(mailbox, To="bob@souk.example", **{"Message-ID": "<2@souk.example>"})

    assert [mail["to"] for mail in mailbox.mails("BOB@")] == [["bob@souk.example"]]
    assert "No mail to “&lt;i&gt;”" in read(mailbox, "?to=%3Ci%3E")[0]


def test_a_mail_that_is_none_is_kept_nevertheless(mailbox):
    with smtplib.SMTP("127.0.0.1", mailbox.smtp_port) as smtp:
        smtp.sendmail("a@b.example", ["c@d.example"], b"\xff\xfe no header at all\r\n")
        smtp.sendmail(
            "a@b.example", ["c@d.example"], b"Content-Type: text/plain; charset=nope\r\n\r\nhm\r\n"
        )

    assert len(mailbox.mails("c@d.example")) == 2


@pytest.mark.parametrize("path", ["messages/99999/", "messages/x/", "messages/1", "../etc", "nope"])
def test_what_does_not_exist_is_not_found(mailbox, path):
    with pytest.raises(urllib.error.HTTPError) as caught:
        mailbox.ask(path)

    assert caught.value.code == 404
    caught.value.close()


def test_a_button_of_its_own_empties_it_and_no_other_site(mailbox):
    import urllib.request

    send(mailbox)
    request = urllib.request.Request(
        mailbox.url + "clear", method="POST", headers={"Sec-Fetch-Site": "cross-site"}
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    caught.value.close()
    assert len(mailbox.mails()) == 1

    mailbox.ask("clear", "POST").close()

    assert mailbox.mails() == []


def test_a_restart_forgets_nothing(tmp_path):
    mailbox = Mailbox(tmp_path)
    try:
        send(mailbox)
    finally:
        assert mailbox.stop() == 0

    mailbox.start()
    try:
        assert len(mailbox.mails()) == 1
    finally:
        assert mailbox.stop() == 0
