from rest_framework.routers import SimpleRouter

from funds import api

router = SimpleRouter()
router.register("funds", api.FundViewSet)
router.register("ledger/entries", api.EntryViewSet)
router.register("ledger/lines", api.LineViewSet)
urlpatterns = router.urls
