"""Calls, programmes and triage under `/api/v1/`; `grants.api_urls` adds them to its own."""

from rest_framework.routers import SimpleRouter

from grants.api_calls import CallViewSet, IntakeViewSet, ProgrammeViewSet

router = SimpleRouter()
router.register("calls", CallViewSet)
router.register("intake", IntakeViewSet, basename="intake")
router.register("programmes", ProgrammeViewSet)
urlpatterns = router.urls
