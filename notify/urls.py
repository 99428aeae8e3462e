"""The whole outside surface of notify."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from notify import pages
from notify.api import messages, stream
from shared.api.views import show_reference

handler400 = "shared.errors.bad_request"
handler404 = "shared.errors.page_not_found"
handler500 = "shared.errors.server_error"

v1 = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("preferences/", messages.PreferencesView.as_view()),
    path("messages/", messages.MessagesView.as_view()),
    path("messages/read/", messages.ReadAllView.as_view()),
    path("messages/<uuid:message_id>/read/", messages.ReadView.as_view()),
    path("stream/", stream.stream),
]

urlpatterns = [
    path("notify/", include("shared.observability.urls")),
    path("notify/admin/", admin.site.urls),
    path("notify/api/v1/", include(v1)),
    path("notify/fragments/public/api-reference/", show_reference),
    path("notify/inbox/", pages.show_inbox),
    path("notify/inbox/read/", pages.read_all),
    path("notify/inbox/<uuid:message_id>/read/", pages.read_one),
    path("notify/preferences/", pages.edit_preferences),
    path("notify/fragments/inbox/", pages.inbox_fragment),
    path("notify/fragments/bell/", pages.bell_fragment),
]
