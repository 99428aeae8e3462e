from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "users"

    def ready(self) -> None:
        from allauth.account.signals import email_changed, email_confirmed, email_removed

        from users.pages.adapter import keep_former_address, tell_of_address

        email_changed.connect(tell_of_address)
        email_confirmed.connect(tell_of_address)
        email_removed.connect(keep_former_address)
        email_removed.connect(tell_of_address)
