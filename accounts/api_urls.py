from django.urls import path
from rest_framework.routers import SimpleRouter

from accounts import api

router = SimpleRouter()
router.register("people", api.PersonViewSet)
router.register("roles", api.RoleGrantViewSet)
router.register("tokens", api.TokenViewSet)
urlpatterns = [path("me/", api.Me.as_view(), name="me"), *router.urls]
