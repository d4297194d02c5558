from importlib import import_module

from django.apps import AppConfig


class AllianceConfig(AppConfig):
    name = "alliance"

    def ready(self) -> None:
        """Say who is a board member or a member's representative, and what an appropriation does when adopted."""
        import_module("alliance.registrations")
