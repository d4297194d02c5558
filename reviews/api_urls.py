"""`/api/v1/reviews/…`"""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from reviews import api

router = SimpleRouter()
router.register("reviews", api.ReviewViewSet, basename="review")
router.register("reviewers", api.ReviewerViewSet, basename="reviewer")
router.register("conflicts", api.ConflictViewSet, basename="conflict")
urlpatterns = [
    path("", include(router.urls)),
    path("calls/<slug:code>/rubric/", api.CallRubricView.as_view(), name="api-call-rubric"),
    path("calls/<slug:code>/ranking/", api.RankingView.as_view(), name="api-ranking"),
]
