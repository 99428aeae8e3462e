"""What allauth asks of us: save a person, send a mail, end a session."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from users import operations
from users.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made and told of in one transaction; notify sends the mails."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        with transaction.atomic():
            saved: User = super().save_user(request, user, form, commit)
            if commit:
                operations.tell_registered(user=saved)
        return saved

    def clean_email(self, email: str) -> str:
        return str(super().clean_email(email)).lower()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        context = {"shop_name": settings.SHOP_NAME, "email": email, **context}
        message = self.render_mail(template_prefix, email, context)
        operations.request_mail(recipient=email, subject=message.subject, text=message.body)

    def logout(self, request: HttpRequest) -> None:
        if request.session.session_key:
            operations.drop_session_token(session_key=request.session.session_key)
        super().logout(request)
