"""`/api/v1/awards/…` and its kin."""

from rest_framework.routers import SimpleRouter

from awards.api import awards, payments, reports, slates

router = SimpleRouter()
router.register("slates", slates.SlateViewSet, basename="slate")
router.register("awards", awards.AwardViewSet, basename="award")
router.register("payments", payments.DisbursementViewSet, basename="payment")
router.register("batches", payments.BatchViewSet, basename="batch")
router.register("award-reports", reports.AwardReportViewSet, basename="award-report")
urlpatterns = router.urls
