from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    name = "shared.storefront"
    label = "souk_storefront"
    verbose_name = "Storefront"
