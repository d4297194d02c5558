from importlib import import_module

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        """From here on what happens to accounts is written down."""
        import_module("audit.listeners")
