from django.urls import path
from rest_framework.routers import SimpleRouter

from accounts import api, api_saved

router = SimpleRouter()
router.register("people", api.PersonViewSet)
router.register("roles", api.RoleGrantViewSet)
router.register("tokens", api.TokenViewSet)
router.register("saved-views", api_saved.SavedViewViewSet)
urlpatterns = [path("me/", api.Me.as_view(), name="me"), *router.urls]
