from importlib import import_module

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "reviews"

    def ready(self) -> None:
        """What lower apps must know of reviewing: who is a reviewer, who owes a review, what a call needs."""
        import_module("reviews.registrations")
