"""Reads of notify: rendered messages, inboxes, preferences, and who may follow an order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models import QuerySet
from django.template import Context, Engine, Template, TemplateSyntaxError

from notify.models import Channel, InboxMessage, MessageTemplate, OrderWatch, Preference, Recipient
from notify.rules import TOPICS, clean_subject
from shared.auth.capabilities import holds_capability, may_await_order
from shared.auth.principal import Principal
from shared.errors import DomainError, InvalidInput, NotFound

log = structlog.get_logger(__name__)
STAFF = ("fulfilment", "support")

# Engines of their own: the merchant's templates load no tag library and read no other file, and
# plain text is not escaped.
_FOLDERS = [str(Path(__file__).parent / "templates" / "notify")]
_TEXT = Engine(dirs=_FOLDERS, autoescape=False)
_HTML = Engine(dirs=_FOLDERS)


class OrderNotFound(NotFound):
    code = "order_not_found"
    title = "No such order"


class MessageNotFound(NotFound):
    code = "message_not_found"
    title = "No such message"


class NotSignedIn(DomainError):
    code = "not_authenticated"
    status = 401
    title = "Sign in first"


class BadTemplate(InvalidInput):
    code = "bad_template"
    title = "The template cannot be rendered"


@dataclass(frozen=True)
class Rendered:
    """A message ready to go. `html` is empty for inbox messages and plain mails."""

    subject: str
    text: str
    html: str = ""


def render_message(topic: str, channel: str, context: Mapping[str, Any]) -> Rendered:
    """The merchant's words if there are some and they work, else the shop's own."""
    own = MessageTemplate.objects.filter(topic=topic, channel=channel).first()
    if own is not None:
        try:
            return render_sources(own.subject, own.text, own.html, context)
        except BadTemplate as error:
            log.error("message_template_broken", template=str(own), error=error.detail)
    return render_sources(*default_sources(topic, channel), context)


@cache
def default_sources(topic: str, channel: str) -> tuple[str, str, str]:
    """Subject, text and HTML of the shop's own template; the file's first line is the subject."""
    folder = Path(_FOLDERS[0]) / channel
    subject, _, text = (folder / f"{topic}.txt").read_text().partition("\n")
    html = folder / f"{topic}.html"
    return subject, text.lstrip("\n"), html.read_text() if html.exists() else ""


def render_sources(subject: str, text: str, html: str, context: Mapping[str, Any]) -> Rendered:
    """Raises BadTemplate with the reason."""
    values = {"shop_name": settings.SHOP_NAME, "public_url": settings.PUBLIC_URL, **context}
    try:
        return Rendered(
            clean_subject(_render(_TEXT, subject, values)) or settings.SHOP_NAME,
            _render(_TEXT, text, values).strip() + "\n",
            _render(_HTML, html, values) if html else "",
        )
    # A template may do anything, a missing file or a division by zero included.
    except Exception as error:
        raise BadTemplate(f"{type(error).__name__}: {error}") from error


def _render(engine: Engine, source: str, values: Mapping[str, Any]) -> str:
    if "{% debug" in source:
        raise TemplateSyntaxError("debug is not for messages")
    rendered = _compile(engine, source).render(Context(dict(values), engine.autoescape))
    # Plain text again: a page that shows it must escape it.
    return "".join([rendered])


@lru_cache(maxsize=256)
def _compile(engine: Engine, source: str) -> Template:
    return engine.from_string(source)


def wants(user_id: UUID | None, topic: str, channel: str) -> bool:
    """False when the person switched the topic off on that channel."""
    known = TOPICS.get(topic)
    if user_id is None or known is None or (known.required and channel == Channel.MAIL):
        return True
    refused = Preference.objects.filter(
        user_id=user_id, topic=topic, channel=channel, enabled=False
    )
    return not refused.exists()


@dataclass(frozen=True)
class TopicChoice:
    """A topic with a person's choices; a required one is always mailed."""

    topic: str
    title: str
    required: bool
    mail: bool
    inbox: bool


def list_preferences(user_id: UUID) -> list[TopicChoice]:
    """Every topic, one query."""
    rows = Preference.objects.filter(user_id=user_id).values_list("topic", "channel", "enabled")
    chosen = {(topic, channel): enabled for topic, channel, enabled in rows}
    return [
        TopicChoice(
            topic=topic.name,
            title=topic.title,
            required=topic.required,
            mail=topic.required or chosen.get((topic.name, Channel.MAIL), True),
            inbox=chosen.get((topic.name, Channel.INBOX), True),
        )
        for topic in TOPICS.values()
    ]


def list_messages(user_id: UUID, *, unread_only: bool = False) -> QuerySet[InboxMessage]:
    """A person's messages, newest first."""
    messages = InboxMessage.objects.filter(user_id=user_id)
    if unread_only:
        messages = messages.filter(read_at=None)
    return messages.order_by("-created_at", "-id")


def count_unread(user_id: UUID) -> int:
    return InboxMessage.objects.filter(user_id=user_id, read_at=None).count()


def get_name(user_id: UUID | None) -> str:
    """What to call the person; empty for a guest or somebody unknown."""
    if user_id is None:
        return ""
    names = Recipient.objects.filter(pk=user_id).values_list("name", flat=True)
    return names.first() or ""


def get_owner_to_check(
    order_id: UUID, principal: Principal | None, token: str | None, now: datetime
) -> UUID | None:
    """Who must own the order for its events to be shown; None for a holder of its link and for
    staff. Raises OrderNotFound for a stranger's order too. An order that was just checked out and
    has not reached us yet may be awaited by whoever may turn out to own it."""
    if holds_capability("order", order_id, token):
        return None
    if principal is None:
        raise OrderNotFound()
    if principal.has_role(*STAFF):
        return None
    watch = OrderWatch.objects.filter(pk=order_id).first()
    mine = (
        watch.customer_id == principal.user_id
        if watch
        else may_await_order(order_id, principal, token, now)
    )
    if not mine:
        raise OrderNotFound()
    return principal.user_id


def get_order_event(order_id: UUID) -> dict[str, Any] | None:
    """The live event that tells where the order is now; None before it reached us."""
    watch = OrderWatch.objects.filter(pk=order_id).first()
    return describe_watch(watch) if watch else None


def describe_watch(watch: OrderWatch) -> dict[str, Any]:
    """`owner_id` is for the stream to judge, not to show."""
    return {
        "type": "order",
        "order_id": str(watch.order_id),
        "status": watch.status,
        "owner_id": str(watch.customer_id or ""),
    }
