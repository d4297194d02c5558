"""What came in, as officers check it; and an officer's question, as applicants answer it. `grants.urls` adds them."""

from django.urls import URLPattern, path

from grants.services.triage_many import ACTS
from grants.views import enquiries
from grants.views.setup import letters
from grants.views.triage import acts, board, many, one

urlpatterns: list[URLPattern] = [
    path("calls/<slug:code>/intake/", board.intake, name="intake"),
    path("intake/", board.intake_all, name="intake_all"),
    path("intake/first/", board.first, name="intake_first"),
    *(path(f"intake/{act.replace('_', '-')}/", many.many, {"act": act}, name=f"intake_{act}") for act in ACTS),
    path("intake/<slug:number>/", one.triage, name="triage"),
    path("intake/<slug:number>/letter/", one.with_letter, name="triage_letter"),
    path("intake/<slug:number>/checklist/", acts.tick, name="triage_tick"),
    path("intake/<slug:number>/notes/", acts.note, name="triage_note"),
    path("intake/<slug:number>/assign/", acts.assign, name="triage_assign"),
    path("intake/<slug:number>/ask/", acts.ask, name="triage_ask"),
    path("intake/<slug:number>/ask/<uuid:pk>/withdraw/", acts.withdraw_enquiry, name="triage_ask_withdraw"),
    path("intake/<slug:number>/alike/<uuid:pk>/", acts.alike, name="triage_alike"),
    path("letters/", letters.house_letters, name="letters"),
    path("proposals/<slug:number>/questions/<uuid:pk>/", enquiries.enquiry, name="enquiry"),
]
