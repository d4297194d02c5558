from rest_framework.routers import SimpleRouter

from audit import api

router = SimpleRouter()
router.register("audit", api.AuditEventViewSet)
urlpatterns = router.urls
