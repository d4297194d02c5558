from django.urls import path

from accounts import saved_views, views

app_name = "accounts"
urlpatterns = [
    path("", views.people, name="people"),
    path("me/", views.profile, name="profile"),
    path("me/views/", saved_views.views, name="views"),
    path("me/views/save/", saved_views.save, name="view_save"),
    path("me/views/<uuid:pk>/", saved_views.change, name="view_change"),
    path("me/tokens/new/", views.token_new, name="token_new"),
    path("tokens/<uuid:pk>/revoke/", views.token_revoke, name="token_revoke"),
    path("roles/<uuid:pk>/end/", views.end_role, name="end_role"),
    path("<uuid:pk>/", views.person, name="person"),
    path("<uuid:pk>/roles/", views.grant_role, name="grant_role"),
    path("<uuid:pk>/close/", views.deactivate, name="deactivate"),
    path("<uuid:pk>/reopen/", views.reactivate, name="reactivate"),
]
