from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.show_inbox, name="inbox"),
    path("read/", views.read_all, name="read_all"),
    path("mine/<uuid:pk>/", views.mine, name="mine"),
    path("mine/<uuid:pk>/open/", views.open_notice, name="open"),
    path("mine/<uuid:pk>/read/", views.read_one, name="read"),
    path("log/", views.log, name="log"),
    path("log/<uuid:pk>/", views.notice, name="notice"),
    path("log/<uuid:pk>/again/", views.try_again, name="try_again"),
    path("log/<uuid:pk>/cancel/", views.cancel, name="cancel"),
    path("health", views.health, name="health"),
    path("deadlines/", views.deadlines, name="deadlines"),
    path("deadlines/<uuid:pk>/", views.deadline, name="deadline"),
    path("reminders/", views.rules_page, name="rules"),
    path("reminders/add/<str:kind>/", views.add_rule, name="rule_add"),
    path("reminders/<uuid:pk>/", views.rule, name="rule"),
]
