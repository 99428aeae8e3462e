"""What notify serves beside what every service does (shared.urls)."""

from django.urls import include, path

from notify import pages
from notify.api import messages, stream

v1 = [
    path("preferences/", messages.PreferencesView.as_view()),
    path("messages/", messages.MessagesView.as_view()),
    path("messages/read/", messages.ReadAllView.as_view()),
    path("messages/<uuid:message_id>/read/", messages.ReadView.as_view()),
    path("stream/", stream.stream),
]

urlpatterns = [
    path("notify/api/v1/", include(v1)),
    path("notify/inbox/", pages.show_inbox),
    path("notify/inbox/read/", pages.read_all),
    path("notify/inbox/<uuid:message_id>/read/", pages.read_one),
    path("notify/preferences/", pages.edit_preferences),
    path("notify/fragments/inbox/", pages.inbox_fragment),
    path("notify/fragments/bell/", pages.bell_fragment),
]
