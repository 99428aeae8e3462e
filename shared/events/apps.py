from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "shared.events"
    label = "souk_events"
    verbose_name = "Events"
