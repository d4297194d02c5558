from typing import Any

from django.apps import AppConfig
from django.db.models import OuterRef, QuerySet

from accounts import personas


class UniversitiesConfig(AppConfig):
    name = "universities"

    def ready(self) -> None:
        personas.register("researcher", self._affiliations)
        personas.register("research_office", self._offices)

    def _affiliations(self, user_id: OuterRef) -> QuerySet[Any]:
        """Whoever says that they work at a university, confirmed or not yet, comes to write."""
        return self.get_model("Affiliation")._default_manager.filter(
            user_id=user_id, status__in=["claimed", "confirmed"]
        )

    def _offices(self, user_id: OuterRef) -> QuerySet[Any]:
        members: Any = self.get_model("OfficeMember")._default_manager.all()
        found: QuerySet[Any] = members.in_force().filter(user_id=user_id)
        return found
