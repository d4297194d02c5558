from django.urls import path

from reports.views import budget, exports, home, public

app_name = "reports"
urlpatterns = [
    path("budget/", budget.budget, name="budget"),
    path("verify/<slug:code>/", home.verify, name="verify"),
    path("funded/", public.funded, name="funded"),
    path("funded/<str:number>/", public.funded_award, name="funded_award"),
    path("money/", public.money, name="money"),
    path("exports/", exports.exports, name="exports"),
    path("exports/of/<slug:key>/", exports.export_list, name="export_list"),
    path("exports/<uuid:pk>/", exports.export_job, name="export_job"),
    path("exports/<uuid:pk>/progress/", exports.export_progress, name="export_progress"),
    path("exports/<uuid:pk>/file/", exports.export_file, name="export_file"),
    path("exports/<uuid:pk>/cancel/", exports.export_cancel, name="export_cancel"),
    path("exports/<uuid:pk>/retry/", exports.export_retry, name="export_retry"),
]
