from django.urls import path

from funds import views

app_name = "funds"
urlpatterns = [
    path("", views.fund_list, name="fund_list"),
    path("new/", views.create, name="create"),
    path("sum/", views.ceilings_sum, name="ceilings_sum"),
    path("ledger/", views.ledger, name="ledger"),
    path("ledger/lines/", views.lines, name="lines"),
    path("ledger/entries/<uuid:pk>/", views.entry, name="entry"),
    path("ledger/entries/<uuid:pk>/reverse/", views.reverse_entry, name="reverse"),
    path("<slug:code>/", views.fund, name="fund"),
    path("<slug:code>/accounts/", views.accounts, name="accounts"),
]
