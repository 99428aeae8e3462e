from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "users"

    def ready(self) -> None:
        from allauth.account.signals import email_changed, email_confirmed, email_removed

        from users.pages.adapter import publish_address, store_former_address

        email_changed.connect(publish_address)
        email_confirmed.connect(publish_address)
        email_removed.connect(store_former_address)
        email_removed.connect(publish_address)
