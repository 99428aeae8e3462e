"""The mailbox as HTML. Whatever comes out of a mail is escaped, its HTML shown in a sandbox."""

from html import escape
from urllib.parse import quote

from compose.demo.mailbox.store import Mail

PREFIX = "/ops/mailbox/"


def _page(title: str, main: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="stylesheet" href="{PREFIX}static/mailbox.css">
</head>
<body>
<header class="bar"><a class="bar__name" href="{PREFIX}">Mailbox</a>
<p class="bar__note">Every mail of this shop ends here. None is delivered.</p></header>
<main>
{main}
</main>
</body>
</html>
"""


def list_page(mails: list[Mail], to: str) -> str:
    """All mails, or those to a recipient."""
    rows = "".join(_row(mail) for mail in mails)
    empty = f"No mail to “{escape(to)}”." if to else "No mail yet."
    shown = f'<ul class="mails">{rows}</ul>' if mails else f'<p class="empty">{empty}</p>'
    more = f'<a class="button" href="{PREFIX}">All</a>' if to else ""
    return _page(
        "Mailbox",
        f"""<div class="tools">
<form class="search" role="search"><label for="to">Recipient</label>
<input id="to" type="search" name="to" value="{escape(to)}" placeholder="alice@…">
<button class="button">Search</button>{more}</form>
<form method="post" action="{PREFIX}clear">
<button class="button button--quiet">Empty</button></form>
</div>
<h1 class="count">{len(mails)} {"mail" if len(mails) == 1 else "mails"}</h1>
{shown}""",
    )


def _row(mail: Mail) -> str:
    return (
        f'<li><a class="mail" href="{PREFIX}messages/{mail.id}/">'
        f'<span class="mail__subject">{escape(mail.subject or "(no subject)")}</span>'
        f'<span class="mail__to">{escape(", ".join(mail.recipients))}</span>'
        f"{_copies(mail)}{_time(mail)}</a></li>"
    )


def _copies(mail: Mail) -> str:
    return f'<span class="copies">came {mail.copies} times</span>' if mail.copies > 1 else ""


def _time(mail: Mail) -> str:
    shown = mail.received_at[:19].replace("T", " ")
    return f'<time datetime="{mail.received_at[:19]}Z">{shown} UTC</time>'


def mail_page(mail: Mail) -> str:
    """One mail: its heads, HTML in a sandbox, and its text."""
    base = f"{PREFIX}messages/{mail.id}/"
    html = (
        f'<section><h2>HTML</h2><iframe title="HTML of the mail" src="{base}html"'
        ' sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe></section>'
        if mail.html
        else ""
    )
    links = "".join(
        f'<a class="button button--quiet" href="{PREFIX}?to={quote(address)}">'
        f"More to {escape(address)}</a>"
        for address in mail.recipients
    )
    return _page(
        mail.subject,
        f"""<p><a href="{PREFIX}">← All mails</a></p>
<h1>{escape(mail.subject or "(no subject)")}</h1>
<dl class="heads"><div><dt>From</dt><dd>{escape(mail.sender)}</dd></div>
<div><dt>To</dt><dd>{escape(", ".join(mail.recipients))}</dd></div>
<div><dt>Received</dt><dd>{_time(mail)} {_copies(mail)}</dd></div>
<div><dt>Message-ID</dt><dd><code>{escape(mail.message_id)}</code></dd></div></dl>
<p class="tools">{links}<a class="button button--quiet" href="{base}source">Source</a></p>
{html}
<section><h2>Text</h2><pre class="text">{_with_links(mail.text)}</pre></section>""",
    )


def _with_links(text: str) -> str:
    """The text with its addresses made into links, the way mail programs do."""
    words = []
    for line in text.splitlines():
        parts = line.split(" ")
        words.append(" ".join(_link(part) for part in parts))
    return "\n".join(words)


def _link(word: str) -> str:
    shown = escape(word)
    if word.startswith(("http://", "https://")):
        return f'<a href="{shown}" rel="noreferrer">{shown}</a>'
    return shown


def framed(html: str) -> str:
    """The mail's own HTML; links open outside of the frame."""
    return f'<base target="_blank">{html}'


def not_found_page() -> str:
    return _page(
        "Not found", f'<p class="empty">No such mail. <a href="{PREFIX}">All mails</a></p>'
    )
