from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "shared.api"
    label = "souk_api"
    verbose_name = "API"
