"""What users serves beside what every service does (shared.urls). `internal/` is the gateway's;
it refuses it from outside."""

from django.contrib import admin
from django.urls import include, path

from users import api, pages
from users.admin import show_work
from users.pages.emails import confirm_email, manage_emails

v1 = [
    path("register/", api.RegisterView.as_view()),
    path("token/", api.TokenView.as_view()),
    path("token/refresh/", api.RefreshView.as_view()),
    path("token/verify/", api.VerifyView.as_view()),
    path("logout/", api.LogoutView.as_view()),
    path("me/", api.MeView.as_view()),
    path("me/export/", api.ExportView.as_view()),
    path("me/addresses/", api.AddressesView.as_view()),
    path("me/addresses/<uuid:address_id>/", api.AddressView.as_view()),
]

urlpatterns = [
    path("users/admin/tasks/", admin.site.admin_view(show_work), name="work"),
    path("users/api/v1/", include(v1)),
    path("users/.well-known/jwks.json", api.jwks),
    path("users/internal/authenticate/", api.authenticate),
    path("users/internal/staff/", api.staff),
    path("users/profile/", pages.profile, name="profile"),
    path("users/addresses/new/", pages.edit_address),
    path("users/addresses/<uuid:address_id>/", pages.edit_address),
    path("users/addresses/<uuid:address_id>/delete/", pages.delete_address),
    path("users/export/", pages.export),
    path("users/export/file/", pages.export_file),
    path("users/erase/", pages.erase),
    path("users/erase/confirm/<str:token>/", pages.confirm_erasure),
    path("users/fragments/menu/", pages.menu),
    path("users/fragments/addresses/", pages.choose_address),
    path("users/email/", manage_emails, name="account_email"),
    path("users/confirm-email/<str:key>/", confirm_email, name="account_confirm_email"),
    path("users/", include("allauth.urls")),
]
