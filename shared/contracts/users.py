"""Facts that users publishes."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Fact


@dataclass(frozen=True, kw_only=True)
class _AccountFact(Fact):
    """The account's present state."""

    aggregate: ClassVar[str] = "user_id"

    user_id: UUID
    email: str
    display_name: str = ""
    language: str = "en"
    verified: bool = False
    verified_emails: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class UserRegistered(_AccountFact):
    """An account exists. `verified_emails`: all addresses that its person has proved to be theirs,
    of which each is one account's only; `verified`: `email` is among them."""

    name: ClassVar[str] = "user.registered"


@dataclass(frozen=True, kw_only=True)
class UserChanged(_AccountFact):
    """The account's present state. Ordered by aggregate_version. `verified_emails`: all addresses
    that its person has proved to be theirs, of which each is one account's only; of two accounts
    that name the same one, the later fact is right. `verified`: `email` is among them."""

    name: ClassVar[str] = "user.changed"


@dataclass(frozen=True, kw_only=True)
class UserDeleted(Fact):
    """The person asked to be forgotten: every service deletes or anonymises what it keeps.
    `emails` are all addresses that the person had ever proved, `email` the last one of them: what
    names no account is forgotten by these only, since anybody can type an address."""

    name: ClassVar[str] = "user.deleted"
    aggregate: ClassVar[str] = "user_id"

    user_id: UUID
    email: str = ""
    emails: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Messages from before `emails` name one address."""
        return self.emails or tuple(filter(None, [self.email]))


@dataclass(frozen=True, kw_only=True)
class MailRequested(Fact):
    """The account service composed a mail (verification, password reset, security notice) for
    notify to send. Carries one-time links: never logged, gone from the outbox once sent. `user_id`
    is the account that it is about, if there is one."""

    name: ClassVar[str] = "user.mail_requested"
    aggregate: ClassVar[str] = "recipient"

    recipient: str
    subject: str
    body_text: str
    body_html: str = ""
    user_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class DataExportRequested(Fact):
    """A person asked for a copy of everything that is kept of them. Every service answers with
    user.data_exported. `emails` are all addresses that the person had ever proved, `email` the last
    one of them, for those that know their staff by it only."""

    name: ClassVar[str] = "user.export_requested"
    aggregate: ClassVar[str] = "export_id"

    export_id: UUID
    user_id: UUID
    email: str = ""
    emails: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Messages from before `emails` name one address."""
        return self.emails or tuple(filter(None, [self.email]))


@dataclass(frozen=True, kw_only=True)
class DataExported(Fact):
    """One service's answer, for users alone: `data` is JSON text, tables of rows. Personal: gone
    from the outbox once sent, kept by users for a week."""

    name: ClassVar[str] = "user.data_exported"
    aggregate: ClassVar[str] = "export_id"

    export_id: UUID
    service: str
    data: str
