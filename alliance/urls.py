from django.urls import path

from alliance.views import board, members, resolutions

app_name = "alliance"
urlpatterns = [
    path("members/", members.member_list, name="members"),
    path("members/new/", members.create, name="member_new"),
    path("members/<slug:code>/", members.member, name="member"),
    path("members/<slug:code>/edit/", members.edit, name="member_edit"),
    path("members/<slug:code>/representatives/", members.representative_add, name="representative_add"),
    path("members/<slug:code>/pledge/", members.pledge, name="pledge"),
    path("members/<slug:code>/pledge/<slug:fund>/", members.pledge, name="pledge_to"),
    path("representatives/<uuid:pk>/end/", members.representative_end, name="representative_end"),
    path("pledges/<uuid:pk>/contribution/", members.contribution, name="contribution_new"),
    path("contributions/", members.contribution_list, name="contributions"),
    path("board/", board.board, name="board"),
    path("board/seats/<uuid:pk>/end/", board.end, name="seat_end"),
    path("resolutions/", resolutions.resolution_list, name="resolutions"),
    path("resolutions/new/", resolutions.appropriate, name="appropriation_new"),
    path("resolutions/new/<slug:fund>/", resolutions.appropriate, name="appropriation_of"),
    path("resolutions/<slug:number>/", resolutions.resolution, name="resolution"),
    path("resolutions/<slug:number>/open/", resolutions.open_voting, name="resolution_open"),
    path("resolutions/<slug:number>/vote/", resolutions.vote, name="resolution_vote"),
    path("resolutions/<slug:number>/decide/", resolutions.decide, name="resolution_decide"),
    path("resolutions/<slug:number>/withdraw/", resolutions.withdraw, name="resolution_withdraw"),
]
