from django.apps import AppConfig


class ObservabilityConfig(AppConfig):
    name = "shared.observability"
    label = "souk_observability"

    def ready(self) -> None:
        from shared.observability.metrics import register_collectors

        register_collectors()
