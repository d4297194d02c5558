from django.urls import path

from reports.views import exports

app_name = "reports"
urlpatterns = [
    path("exports/", exports.exports, name="exports"),
    path("exports/of/<slug:key>/", exports.export_list, name="export_list"),
    path("exports/<uuid:pk>/", exports.export_job, name="export_job"),
    path("exports/<uuid:pk>/progress/", exports.export_progress, name="export_progress"),
    path("exports/<uuid:pk>/file/", exports.export_file, name="export_file"),
    path("exports/<uuid:pk>/cancel/", exports.export_cancel, name="export_cancel"),
    path("exports/<uuid:pk>/retry/", exports.export_retry, name="export_retry"),
]
