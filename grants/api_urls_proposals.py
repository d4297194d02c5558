"""Proposals under `/api/v1/`; `grants.api_urls` adds them to its own."""

from rest_framework.routers import SimpleRouter

from grants.api_proposals import ProposalViewSet

router = SimpleRouter()
router.register("proposals", ProposalViewSet)
urlpatterns = router.urls
