"""A person's e-mail addresses, where the account library leaves open who may do what."""

from typing import cast
from urllib.parse import urlencode

from allauth.account.models import EmailConfirmationHMAC
from allauth.account.views import confirm_email as library_confirm_email
from allauth.account.views import email as library_email
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from shared.storefront.caching import personal
from users import queries

EMAILS = "/users/email/"


@personal
@transaction.atomic
def manage_emails(request: HttpRequest) -> HttpResponse:
    """The library's page; a change commits together with the fact that tells of it. It would let
    an account without a proved address sign in with one that may be somebody else's."""
    if "action_primary" in request.POST and not _is_own(request, request.POST.get("email", "")):
        messages.error(request, "Please confirm the address first, then use it to sign in.")
        return HttpResponseRedirect(EMAILS)
    return cast(HttpResponse, library_email(request))


def _is_own(request: HttpRequest, email: str) -> bool:
    """The library asks a stranger to sign in."""
    user = request.user
    return not user.is_authenticated or email.lower() in queries.list_proved_emails(user.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def confirm_email(request: HttpRequest, key: str) -> HttpResponse:
    """Where the mailed link leads. It proves an address only together with a session of the
    account: somebody else may have made that with the address of who reads the mail."""
    confirmation = EmailConfirmationHMAC.from_key(key)
    if confirmation is None:
        return cast(HttpResponse, library_confirm_email(request, key=key))
    if confirmation.email_address.user_id != request.user.pk:
        return _ask_to_sign_in(request, confirmation.email_address.email)
    if request.method == "POST":
        return cast(HttpResponse, library_confirm_email(request, key=key))
    address = confirmation.email_address
    context = {
        "confirmation": confirmation,
        "can_confirm": address.can_set_verified(),
        "others": queries.list_other_keys(address.user_id, but=address.email),
    }
    return render(request, "account/email_confirm.html", context)


def _ask_to_sign_in(request: HttpRequest, email: str) -> HttpResponse:
    context = {
        "needs_sign_in": True,
        "signed_in_as": getattr(request.user, "email", ""),
        "email": email,
        "sign_in": f"/users/login/?{urlencode({'next': request.path})}",
    }
    status = 403 if request.method == "POST" else 200
    return render(request, "account/email_confirm.html", context, status=status)
