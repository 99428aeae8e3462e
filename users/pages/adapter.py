"""What allauth asks of us: save a person, send a mail, end a session."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.http import HttpRequest

from users import operations, queries
from users.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made and told of in one transaction; notify sends the mails."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        with transaction.atomic():
            saved: User = super().save_user(request, user, form, commit)
            if commit:
                operations.publish_registered(user=saved)
        return saved

    def set_password(self, user: User, password: str) -> None:
        """Of the change, the reset and the first password alike."""
        user.set_password(password)
        operations.change_password(user=user, session_key=_session_key())

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        with transaction.atomic():
            confirmed: bool = super().confirm_email(request, email_address)
        return confirmed

    def clean_email(self, email: str) -> str:
        return str(super().clean_email(email)).lower()

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        told = {"user": user, **(context or {})}
        super().send_notification_mail(template_prefix, user, told, email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        user = context.get("user") or queries.find_account(email)
        context = {**queries.describe_mail(email), **context}
        message = self.render_mail(template_prefix, email, context)
        operations.request_mail(
            recipient=email,
            subject=message.subject,
            text=message.body,
            user_id=user.pk if user else None,
        )

    def logout(self, request: HttpRequest) -> None:
        if request.session.session_key:
            operations.drop_session_token(session_key=request.session.session_key)
        super().logout(request)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Accounts that begin with a provider are told of like the others."""

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: Any) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        user.email = user.email.lower()
        user.name = str(data.get("name") or "")[:100]
        return user

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        with transaction.atomic():
            user: User = super().save_user(request, sociallogin, form)
            if form is None:
                operations.publish_registered(user=user)
            else:  # the account's adapter told before there were addresses
                operations.publish_changed(user_id=user.pk)
        return user


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    """Signing out everywhere else ends the tokens of API clients as well."""

    def end_sessions(self, sessions: list[UserSession]) -> None:
        operations.end_sessions(user_id=context.request.user.pk, but=_session_key())


def publish_address(*, user: User | None = None, **signal: Any) -> None:
    """Hears the signals `email_confirmed`, `email_changed` and `email_removed`: others know the
    account by the address that it signs in with, and by those that it has proved."""
    changed = user or signal["email_address"].user
    operations.publish_changed(user_id=changed.pk)


def store_former_address(*, email_address: EmailAddress, **signal: Any) -> None:
    """Hears the signal `email_removed`."""
    operations.store_former_address(address=email_address)


def _session_key() -> str | None:
    """The session of the browser that asks."""
    key: str | None = context.request.session.session_key
    return key
