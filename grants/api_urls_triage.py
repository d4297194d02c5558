"""Triage under `/api/v1/`; `grants.api_urls` adds them to its own."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from grants.api_letters import CallChecklistViewSet, CallLetterViewSet, LetterViewSet
from grants.api_triage import EnquiryViewSet, IntakeViewSet

OF_CALL = "calls/(?P<code>[-a-zA-Z0-9_]+)"
router = SimpleRouter()
router.register("intake", IntakeViewSet, basename="intake")
router.register("enquiries", EnquiryViewSet, basename="enquiries")
router.register("letters", LetterViewSet, basename="letters")
router.register(f"{OF_CALL}/letters", CallLetterViewSet, basename="call-letters")
checklist = CallChecklistViewSet.as_view({"get": "list", "put": "put"})
urlpatterns = [*router.urls, path("calls/<slug:code>/checklist/", checklist, name="call-checklist")]
