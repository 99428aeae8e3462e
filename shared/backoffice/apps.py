from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin import apps as django_admin


class BackofficeConfig(AppConfig):
    name = "shared.backoffice"
    label = "souk_backoffice"
    verbose_name = "Back office"
    default = True


class AdminConfig(django_admin.AdminConfig):
    """Django's admin with our site; named in full in INSTALLED_APPS."""

    default_site = "shared.backoffice.site.SoukAdminSite"
    default = False

    def ready(self) -> None:
        super().ready()
        import_module("shared.backoffice.checks")
