from rest_framework.routers import SimpleRouter

from reports.api.exports import ExportViewSet

router = SimpleRouter()
router.register("exports", ExportViewSet, basename="exports")
urlpatterns = router.urls
