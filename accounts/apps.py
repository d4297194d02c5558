from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        """Lists show the views that their reader keeps."""
        import_module("accounts.registrations")
