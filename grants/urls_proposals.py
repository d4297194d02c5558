"""The applicants' and offices' addresses; `grants.urls` adds them to its own."""

from django.urls import path

from grants.views import attachments, budget, competition, editor, proposals, receipts, signoffs, starting, team

urlpatterns = [
    path("proposals/", proposals.proposals, name="proposals"),
    path("proposals/start/<slug:code>/", starting.start, name="proposal_start"),
    path("proposals/invitation/<str:token>/", team.invitation, name="invitation"),
    path("proposals/<slug:number>/", proposals.proposal, name="proposal"),
    path("proposals/<slug:number>/full/", starting.follow, name="proposal_follow"),
    path("proposals/<slug:number>/hand-in/", proposals.hand_in, name="proposal_hand_in"),
    path("proposals/<slug:number>/take-back/", proposals.take_back, name="proposal_take_back"),
    path("proposals/<slug:number>/withdraw/", proposals.withdraw, name="proposal_withdraw"),
    path("proposals/<slug:number>/edit/", editor.part, name="proposal_edit"),
    path("proposals/<slug:number>/edit/team/", team.page, name="proposal_team"),
    path("proposals/<slug:number>/edit/team/<uuid:pk>/remove/", team.remove, name="proposal_member_remove"),
    path("proposals/<slug:number>/edit/team/<uuid:pk>/rights/", team.set_rights, name="proposal_member_rights"),
    path("proposals/<slug:number>/edit/budget/", budget.page, name="proposal_budget"),
    path("proposals/<slug:number>/edit/files/", attachments.page, name="proposal_files"),
    path("proposals/<slug:number>/edit/files/<uuid:pk>/remove/", attachments.remove, name="proposal_file_remove"),
    path("proposals/<slug:number>/edit/checks/", editor.checks, name="proposal_checks"),
    path("proposals/<slug:number>/edit/<slug:part>/", editor.part, name="proposal_part"),
    path("proposals/<slug:number>/answers/<slug:key>/", editor.save_answer, name="proposal_answer_save"),
    path("proposals/<slug:number>/details/<slug:name>/", editor.save_detail, name="proposal_detail_save"),
    path("calls/<slug:code>/internal-competition/", competition.competition, name="competition"),
    path("calls/<slug:code>/internal-competition/enter/", competition.enter, name="competition_enter"),
    path("internal-competition/", competition.desk, name="competitions"),
    path("internal-competition/ideas/", competition.ideas, name="competition_entries"),
    path("internal-competition/<uuid:pk>/change/", competition.change, name="competition_change"),
    path("internal-competition/<uuid:pk>/withdraw/", competition.withdraw, name="competition_withdraw"),
    path("internal-competition/<uuid:pk>/pick/", competition.pick, name="competition_pick"),
    path("internal-competition/<uuid:pk>/take-back/", competition.un_pick, name="competition_unpick"),
    path("internal-competition/<uuid:pk>/not-pick/", competition.not_pick, name="competition_not_pick"),
    path("sign-offs/", signoffs.queue, name="signoffs"),
    path("sign-offs/<slug:number>/", signoffs.sign, name="signoff"),
    path("sign-offs/<slug:number>/return/", signoffs.give_back, name="signoff_return"),
    path("receipts/<slug:receipt>/", receipts.receipt, name="receipt"),
    path("receipts/<slug:receipt>/content/", receipts.content, name="receipt_content"),
    path("files/<uuid:pk>/", attachments.download, name="attachment"),
]
