from rest_framework.routers import SimpleRouter

from notifications import api

router = SimpleRouter()
router.register("notices", api.OwnNoticeViewSet)
router.register("notice-log", api.LogViewSet, basename="notice-log")
router.register("deadlines", api.DeadlineViewSet)
router.register("reminders", api.ReminderRuleViewSet)
urlpatterns = router.urls
