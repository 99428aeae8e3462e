from django.apps import AppConfig


class ObservabilityConfig(AppConfig):
    name = "shared.observability"
    label = "souk_observability"

    def ready(self) -> None:
        from prometheus_client.core import REGISTRY

        from shared.observability.metrics import MessagingCollector

        REGISTRY.register(MessagingCollector())
