from django.apps import AppConfig


class SoukAuthConfig(AppConfig):
    name = "shared.auth"
    label = "souk_auth"
