from django.apps import AppConfig


class ProbeConfig(AppConfig):
    name = "shared.testing.probe"
    label = "probe"
