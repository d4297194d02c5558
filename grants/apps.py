from importlib import import_module

from django.apps import AppConfig


class GrantsConfig(AppConfig):
    name = "grants"

    def ready(self) -> None:
        """Say who owes a proposal or a signature, and whose eyes a proposal is sealed from."""
        import_module("grants.registrations")
        import_module("grants.registrations_competition")
