"""Proposals under `/api/v1/`; `grants.api_urls` adds them to its own."""

from rest_framework.routers import SimpleRouter

from grants.api_competition import InternalEntryViewSet
from grants.api_proposals import ProposalViewSet

router = SimpleRouter()
router.register("proposals", ProposalViewSet)
router.register("internal-entries", InternalEntryViewSet, basename="internal-entries")
urlpatterns = router.urls
