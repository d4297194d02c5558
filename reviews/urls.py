"""`/reviews/…`"""

from django.urls import path

from reviews.views import reviewer, setup, staff

app_name = "reviews"
urlpatterns = [
    path("", reviewer.dashboard, name="dashboard"),
    path("mine/<uuid:pk>/", reviewer.review, name="review"),
    path("mine/<uuid:pk>/accept/", reviewer.accept, name="accept"),
    path("mine/<uuid:pk>/decline/", reviewer.decline, name="decline"),
    path("mine/<uuid:pk>/recuse/", reviewer.recuse, name="recuse"),
    path("mine/<uuid:pk>/autosave/", reviewer.autosave, name="autosave"),
    path("mine/<uuid:pk>/submit/", reviewer.submit, name="submit"),
    path("board/", staff.board, name="board"),
    path("assign/<str:number>/", staff.assign, name="assign"),
    path("assign/<str:number>/declare/", staff.declare, name="declare"),
    path("assign/<str:number>/found/<uuid:user_pk>/", staff.decide_found, name="decide_found"),
    path("read/<uuid:pk>/", staff.read, name="read"),
    path("read/<uuid:pk>/withdraw/", staff.withdraw, name="withdraw"),
    path("read/<uuid:pk>/reopen/", staff.reopen, name="reopen"),
    path("conflicts/", staff.conflict_list, name="conflicts"),
    path("conflicts/<uuid:pk>/", staff.decide_conflict, name="decide_conflict"),
    path("ranking/<slug:code>/", staff.ranking_page, name="ranking"),
    path("ranking/<slug:code>/recommend/", staff.recommend, name="recommend"),
    path("rubric/<slug:code>/", setup.rubric, name="rubric"),
    path("rubric/<slug:code>/new/", setup.rubric_new, name="rubric_new"),
    path("pool/", setup.pool_list, name="pool"),
    path("pool/new/", setup.pool_new, name="pool_new"),
    path("pool/<uuid:pk>/", setup.pool_member, name="pool_member"),
    path("pool/<uuid:pk>/rest/", setup.pool_rest, name="pool_rest"),
]
