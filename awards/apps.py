from importlib import import_module

from django.apps import AppConfig


class AwardsConfig(AppConfig):
    name = "awards"

    def ready(self) -> None:
        """What lower apps must know of awards: what an adopted slate does, who owes an acceptance or a report."""
        import_module("awards.registrations")
