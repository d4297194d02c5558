from rest_framework.routers import SimpleRouter

from universities import api

router = SimpleRouter()
router.register("universities", api.UniversityViewSet)
router.register("affiliations", api.AffiliationViewSet)
router.register("office-members", api.OfficeMemberViewSet)
router.register("indirect-rates", api.RateViewSet)
router.register("bank-accounts", api.BankAccountViewSet)
urlpatterns = router.urls
