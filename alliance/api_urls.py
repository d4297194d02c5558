from rest_framework.routers import SimpleRouter

from alliance import api

router = SimpleRouter()
router.register("members", api.MemberViewSet)
router.register("representatives", api.RepresentativeViewSet)
router.register("pledges", api.PledgeViewSet)
router.register("contributions", api.ContributionViewSet)
router.register("board-seats", api.BoardSeatViewSet)
router.register("resolutions", api.ResolutionViewSet)
urlpatterns = router.urls
