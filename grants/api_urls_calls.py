"""Calls and programmes under `/api/v1/`; `grants.api_urls` adds them to its own."""

from rest_framework.routers import SimpleRouter

from grants.api_call_page import CallQuestionsViewSet, DeskViewSet
from grants.api_calls import CallViewSet, ProgrammeViewSet
from grants.api_dates import CallDatesViewSet, ExtraTimeViewSet, OutageViewSet
from grants.api_forms import CallFormViewSet
from grants.api_rules import CallRulesViewSet, PatternViewSet, ProgrammeMoneyViewSet, TemplateViewSet

router = SimpleRouter()
router.register("calls", CallViewSet)
router.register("calls/(?P<code>[-a-zA-Z0-9_]+)/questions", CallQuestionsViewSet, basename="call-answers")
router.register("calls/(?P<code>[-a-zA-Z0-9_]+)/forms", CallFormViewSet, basename="call-form")
router.register("calls", CallDatesViewSet, basename="call-dates")
router.register("outages", OutageViewSet)
router.register("extra-time", ExtraTimeViewSet, basename="extra-time")
router.register("call-questions", DeskViewSet, basename="call-questions")
router.register("programmes", ProgrammeViewSet)
router.register("programmes", ProgrammeMoneyViewSet, basename="programme-money")
router.register("calls", CallRulesViewSet, basename="call-rules")
router.register("call-patterns", PatternViewSet, basename="call-patterns")
router.register("call-templates", TemplateViewSet, basename="call-templates")
urlpatterns = router.urls
