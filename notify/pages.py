"""A person's messages and what they want to hear of."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notify import operations, queries
from shared.auth.middleware import principal_of
from shared.auth.pages import require_principal, signed_in
from shared.storefront.caching import own, personal

MESSAGES_PER_PAGE = 20
INBOX = "/notify/inbox/"
CHANNELS = ("mail", "inbox")


def reader(request: HttpRequest) -> UUID:
    return require_principal(request).user_id


def _inbox_context(request: HttpRequest) -> dict[str, Any]:
    user_id = reader(request)
    pages = Paginator(queries.list_messages(user_id), MESSAGES_PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    return {"items": list(page), "page_obj": page, "unread": queries.count_unread(user_id)}


@require_safe
@personal
@signed_in
def show_inbox(request: HttpRequest) -> HttpResponse:
    return render(request, "notify/inbox.html", _inbox_context(request))


@require_safe
@personal
@signed_in
def inbox_fragment(request: HttpRequest) -> HttpResponse:
    return render(request, "notify/inbox_fragment.html", _inbox_context(request))


@require_safe
@own
def bell_fragment(request: HttpRequest) -> HttpResponse:
    """Nothing for a stranger."""
    principal = principal_of(request)
    if principal is None:
        return HttpResponse()
    return HttpResponse(_bell(queries.count_unread(principal.user_id), get_language()))


@lru_cache(maxsize=256)
def _bell(unread: int, language: str) -> str:
    return render_to_string("notify/bell_fragment.html", {"unread": unread})


@require_POST
@personal
@signed_in
def read_one(request: HttpRequest, message_id: UUID) -> HttpResponse:
    operations.mark_read(user_id=reader(request), message_id=message_id, now=timezone.now())
    return HttpResponseRedirect(INBOX)


@require_POST
@personal
@signed_in
def read_all(request: HttpRequest) -> HttpResponse:
    operations.mark_all_read(user_id=reader(request), now=timezone.now())
    return HttpResponseRedirect(INBOX)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@signed_in
def edit_preferences(request: HttpRequest) -> HttpResponse:
    choices = queries.list_preferences(reader(request))
    if request.method == "POST":
        operations.change_preferences(user_id=reader(request), changes=_wishes(request, choices))
        messages.success(request, "Your choices are saved.")
        return HttpResponseRedirect(request.path)
    return render(request, "notify/preferences.html", {"choices": choices})


def _wishes(request: HttpRequest, choices: list[queries.TopicChoice]) -> dict[str, dict[str, bool]]:
    """A box that is not ticked is not sent; the disabled ones of required mails neither."""
    ticked = {
        choice.topic: {name: f"{choice.topic}.{name}" in request.POST for name in CHANNELS}
        for choice in choices
    }
    for choice in choices:
        if choice.required:
            ticked[choice.topic]["mail"] = True
    return ticked
