from django.urls import path

from universities.views import affiliations, directory, imports, office

app_name = "universities"
urlpatterns = [
    path("", directory.university_list, name="list"),
    path("new/", directory.new, name="new"),
    path("<uuid:pk>/", directory.university, name="university"),
    path("<uuid:pk>/edit/", directory.edit, name="edit"),
    path("<uuid:pk>/names/add/", directory.name_add, name="name_add"),
    path("<uuid:pk>/domains/add/", directory.domain_add, name="domain_add"),
    path("domains/<uuid:pk>/remove/", directory.domain_remove, name="domain_remove"),
    path("<uuid:pk>/accept/", directory.accept, name="accept"),
    path("<uuid:pk>/refuse/", directory.refuse, name="refuse"),
    path("<uuid:pk>/merge/", directory.merge, name="merge"),
    path("affiliation/", affiliations.affiliation, name="affiliation"),
    path("affiliation/propose/", affiliations.propose, name="propose"),
    path("<uuid:pk>/claim/", affiliations.claim, name="claim"),
    path("<uuid:pk>/people/", affiliations.people, name="people"),
    path("people/<uuid:pk>/", affiliations.person, name="person"),
    path("people/<uuid:pk>/confirm/", affiliations.confirm, name="confirm"),
    path("people/<uuid:pk>/reject/", affiliations.reject, name="reject"),
    path("people/<uuid:pk>/rank/", affiliations.rank, name="rank"),
    path("people/<uuid:pk>/end/", affiliations.end, name="end"),
    path("office/", office.office_home, name="office"),
    path("<uuid:pk>/office/", office.office, name="office"),
    path("<uuid:pk>/office/add/", office.member_add, name="member_add"),
    path("office-members/<uuid:pk>/end/", office.member_end, name="member_end"),
    path("<uuid:pk>/rates/add/", office.rate_add, name="rate_add"),
    path("<uuid:pk>/bank/add/", office.bank_add, name="bank_add"),
    path("bank/<uuid:pk>/", office.bank, name="bank"),
    path("bank/<uuid:pk>/confirm/", office.bank_confirm, name="bank_confirm"),
    path("bank/<uuid:pk>/reject/", office.bank_reject, name="bank_reject"),
    path("import/", imports.upload, name="import"),
    path("import/<uuid:pk>/", imports.job, name="import_job"),
    path("import/<uuid:pk>/progress/", imports.progress, name="import_progress"),
]
