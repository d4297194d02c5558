"""`/api/v1/awards/…` and its kin."""

from rest_framework.routers import SimpleRouter

from awards import api

router = SimpleRouter()
router.register("slates", api.SlateViewSet, basename="slate")
router.register("awards", api.AwardViewSet, basename="award")
router.register("payments", api.DisbursementViewSet, basename="payment")
router.register("batches", api.BatchViewSet, basename="batch")
router.register("award-reports", api.AwardReportViewSet, basename="award-report")
urlpatterns = router.urls
