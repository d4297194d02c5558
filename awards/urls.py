"""`/awards/…`"""

from django.urls import path, re_path

from awards.views import awards, payments, reports, slates

app_name = "awards"
urlpatterns = [
    path("", awards.award_list, name="awards"),
    path("slates/", slates.slate_list, name="slates"),
    path("slates/new/<slug:code>/", slates.slate_new, name="slate_new"),
    path("slates/<str:number>/", slates.slate, name="slate"),
    path("slates/<str:number>/lines/<uuid:proposal>/", slates.line, name="slate_line"),
    path("slates/<str:number>/propose/", slates.propose, name="slate_propose"),
    path("slates/<str:number>/withdraw/", slates.withdraw, name="slate_withdraw"),
    path("payments/", payments.payment_list, name="payments"),
    path("payments/request/<uuid:pk>/", payments.request_payment, name="payment_request"),
    path("payments/batches/", payments.batch_list, name="batches"),
    path("payments/batches/make/", payments.batch_make, name="batch_make"),
    path("payments/batches/<str:number>/", payments.batch, name="batch"),
    re_path(
        r"^payments/batches/(?P<number>[\w-]+)/(?P<verb>release|send|settle|cancel)/$",
        payments.batch_act,
        name="batch_act",
    ),
    path("payments/<str:number>/", payments.payment, name="payment"),
    path("payments/<str:number>/settle/", payments.settle, name="payment_settle"),
    re_path(
        r"^payments/(?P<number>[\w-]+)/(?P<verb>approve|release|sent|reject|fail|return|cancel)/$",
        payments.act,
        name="payment_act",
    ),
    path("reports/", reports.report_list, name="reports"),
    path("reports/<uuid:pk>/", reports.report, name="report"),
    path("reports/<uuid:pk>/accept/", reports.accept, name="report_accept"),
    path("reports/<uuid:pk>/return/", reports.return_, name="report_return"),
    path("<str:number>/", awards.award, name="award"),
    path("<str:number>/accept/", awards.accept, name="award_accept"),
    path("<str:number>/decline/", awards.decline, name="award_decline"),
    path("<str:number>/withdraw/", awards.withdraw_offer, name="offer_withdraw"),
    path("<str:number>/close/", awards.close, name="award_close"),
    path("<str:number>/agreement/", awards.agreement, name="agreement"),
    path("<str:number>/plan/", awards.plan, name="plan"),
]
