from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        from prometheus_client.core import REGISTRY

        from orders.queries import DiscrepancyCollector

        REGISTRY.register(DiscrepancyCollector())
