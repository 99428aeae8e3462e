"""A step that is a link on a row's page: the link asks, the form that it shows acts."""

from collections.abc import Callable

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render


def ask_first(
    request: HttpRequest, question: str, back: str, perform: Callable[[], None]
) -> HttpResponse:
    """Performs what was asked when the form is sent, and goes back to the row."""
    if request.method == "POST":
        perform()
        return HttpResponseRedirect(back)
    context = {**admin.site.each_context(request), "title": "Are you sure?"}
    return render(request, "backoffice/step.html", {**context, "question": question, "back": back})
