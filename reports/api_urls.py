from django.urls import path
from rest_framework.routers import SimpleRouter

from reports.api.exports import ExportViewSet
from reports.api.public import BudgetPositions, PublicAwards, PublicFund

router = SimpleRouter()
router.register("exports", ExportViewSet, basename="exports")
urlpatterns = [
    *router.urls,
    path("public/awards/", PublicAwards.as_view(), name="public-awards"),
    path("public/fund/", PublicFund.as_view(), name="public-fund"),
    path("budget/<slug:code>/positions/", BudgetPositions.as_view(), name="budget-positions"),
]
