from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        """Every app's `lists.py` registers its lists, so that a worker finds them as a page does."""
        autodiscover_modules("lists")
