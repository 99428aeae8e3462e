"""A step that is a link on a row's page: the link asks, the form that it shows acts."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

CHANGED = "Nothing was done, because somebody was quicker: this was {}, and is {} now."


def ask_first(
    request: HttpRequest, question: str, back: str, perform: Callable[[], None], seen: str = ""
) -> HttpResponse:
    """Performs what was asked when the form is sent, and goes back to the row. `seen` says in words
    how the row stands: a form that was shown while it stood otherwise does nothing."""
    if request.method == "POST":
        shown = request.POST.get("seen", seen)
        if shown == seen:
            perform()
        else:
            messages.error(request, CHANGED.format(shown, seen))
        return HttpResponseRedirect(back)
    context = {**admin.site.each_context(request), "title": "Are you sure?"}
    step = {"question": question, "back": back, "seen": seen}
    return render(request, "backoffice/step.html", {**context, **step})
