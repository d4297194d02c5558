from importlib import import_module

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        """From here on what accounts tell a person goes into the outbox."""
        import_module("notifications.listeners")
