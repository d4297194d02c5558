"""Saved views: kept from a list and opened on it; one's own alone; an old question is answered kindly; fifty at most."""

import datetime as dt

import pytest
from django.urls import reverse

from accounts import saving
from accounts.models import SavedView, User
from core.errors import InvalidInput, NotAllowed
from core.lists import BadQuery
from tests.grants.stories import make_call, make_draft, make_researcher, make_university, make_user

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


def keep(user: User, query: str = "state=draft", name: str = "Drafts", key: str = "proposals", **how) -> SavedView:
    return saving.save_view(user, key, query, name=name, path="/proposals/", at=NOON, **how)


def seen(client, path: str) -> str:
    answer = client.get(path, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


# --- keeping ------------------------------------------------------------------------------------------------------------
def test_view_saved_from_a_list_is_a_tab_of_it_and_opens_its_question(client):
    user = make_researcher()
    make_draft(make_call(), title="Open soil", pi=user)
    client.force_login(user)
    form = {"list": "proposals", "query": "state=draft&sort=title", "path": "/proposals/", "name": " My  drafts "}
    answer = client.post(reverse("accounts:view_save"), form)
    view = SavedView.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/proposals/?view={view.pk}")
    assert (view.owner, view.name, view.query, view.is_start) == (user, "My drafts", "sort=title&state=draft", False)
    opened = client.get(answer.url)
    assert (opened.status_code, opened.url) == (302, "/proposals/?sort=title&state=draft")
    page = seen(client, opened.url)
    assert f'<a class="view-tab" href="/proposals/?view={view.pk}" aria-current="page">My drafts</a>' in page
    assert "Open soil" in page
    assert "The view “My drafts” is saved." in page


@pytest.mark.parametrize(
    ("query", "field"),
    [("colour=red", "colour"), ("sort=nothing", "sort"), ("state=dancing", "query"), ("", "query"), ("size=7", "size")],
)
def test_view_of_a_question_that_the_list_would_refuse_is_refused(query, field):
    with pytest.raises((BadQuery, InvalidInput)) as refused:
        keep(make_researcher(), query)
    assert refused.value.field == field
    assert SavedView.objects.count() == 0


def test_view_of_a_list_that_is_closed_to_its_keeper_is_refused():
    with pytest.raises(NotAllowed):
        keep(make_researcher(), "state=submitted", key="intake")


def test_name_twice_for_a_list_is_refused_whatever_its_case_and_what_was_typed_is_still_there(client):
    user = make_researcher()
    keep(user)
    keep(make_user("Ben Other"))
    client.force_login(user)
    form = {"list": "proposals", "query": "sort=title", "path": "/proposals/", "name": "dRAFTS"}
    answer = client.post(reverse("accounts:view_save"), form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "You have a view of that name for this list." in page
    assert 'value="dRAFTS"' in page
    assert 'name="query" value="sort=title"' in page


def test_fifty_views_are_kept_and_no_more(monkeypatch):
    monkeypatch.setattr(saving, "MOST", 2)
    user = make_researcher()
    for name in ("a", "b"):
        keep(user, name=name)
    with pytest.raises(NotAllowed, match="You keep 2 views"):
        keep(user, name="c")


def test_view_is_kept_from_a_page_of_this_site_alone(client):
    client.force_login(make_researcher())
    for path in ("//evil.example/", "https://evil.example/", "proposals"):
        form = {"list": "proposals", "query": "state=draft", "path": path, "name": "x"}
        assert client.post(reverse("accounts:view_save"), form).status_code == 422
    assert SavedView.objects.count() == 0


# --- opening ------------------------------------------------------------------------------------------------------------
def test_list_opens_with_the_start_view_and_shows_all_rows_when_asked_for_them(client):
    user = make_researcher()
    keep(user, start=True)
    client.force_login(user)
    answer = client.get("/proposals/")
    assert (answer.status_code, answer.url) == (302, "/proposals/?state=draft")
    page = seen(client, "/proposals/?view=all")
    assert '<a class="view-tab" href="/proposals/?view=all" aria-current="page">All</a>' in page
    # Taking the last filter off leads to all rows, not back to the view.
    assert 'href="/proposals/?view=all"' in seen(client, "/proposals/?state=draft").split('class="chips"')[1]
    assert client.get("/proposals/", headers={"HX-Request": "true", "HX-Target": "list"}).status_code == 200


def test_only_one_view_of_a_list_is_begun_with():
    user = make_researcher()
    first, second = keep(user, name="a", start=True), keep(user, name="b", start=True)
    found = dict(SavedView.objects.values_list("pk", "is_start"))
    assert found == {first.pk: False, second.pk: True}
    assert saving.start_with(second, start=False).is_start is False


def test_part_of_an_old_question_that_the_list_no_longer_has_is_left_out_and_told(client):
    user = make_researcher()
    view = keep(user)
    SavedView.objects.filter(pk=view.pk).update(query="colour=red&sort=weight&state=draft&university=gone")
    client.force_login(user)
    answer = client.get(f"/proposals/?view={view.pk}")
    assert (answer.status_code, answer.url) == (302, "/proposals/?state=draft")
    page = seen(client, answer.url)
    assert "asks for something that this list no longer has" in page
    assert "colour, sort, university" in page


def test_view_that_was_deleted_elsewhere_leads_to_the_whole_list(client):
    user = make_researcher()
    view = keep(user)
    keep(user, name="other")
    saving.delete_view(view)
    client.force_login(user)
    page = seen(client, f"/proposals/?view={view.pk}")
    assert "This view is not there any more." in page


def test_list_of_somebody_who_keeps_nothing_asks_the_database_nothing_more(client, django_assert_num_queries):
    user = make_researcher()
    client.force_login(user)
    client.get("/proposals/?state=draft")
    with django_assert_num_queries(8):
        client.get("/proposals/?state=draft")
    keep(user)
    with django_assert_num_queries(9):
        client.get("/proposals/?state=draft")
    saving.delete_view(SavedView.objects.get())
    with django_assert_num_queries(8):
        client.get("/proposals/?state=draft")


# --- one's own ----------------------------------------------------------------------------------------------------------
def test_view_shows_its_opener_the_rows_that_they_may_see_and_is_nobody_elses(client):
    ann, ben = make_researcher("Ann Owner"), make_researcher("Ben Other", make_university("Otherland University"))
    call = make_call()
    make_draft(call, title="Secret of Ann", pi=ann)
    make_draft(call, title="Work of Ben", pi=ben)
    view = keep(ann)
    client.force_login(ben)
    page = seen(client, f"/proposals/?view={view.pk}")
    assert "This view is not there any more." in page  # as if there had never been one
    assert ("Secret of Ann" in page, "Work of Ben" in page) == (False, True)


def test_everything_about_somebody_elses_view_is_404(client):
    view = keep(make_researcher())
    client.force_login(make_user("Ben Other", "administrator"))
    for act in ("rename", "start", "delete", "replace"):
        assert (
            client.post(reverse("accounts:view_change", args=[view.pk]), {"act": act, "name": "x"}).status_code == 404
        )
    assert client.get(f"/api/v1/saved-views/{view.pk}/").status_code == 404
    assert client.delete(f"/api/v1/saved-views/{view.pk}/").status_code == 404
    assert client.get("/api/v1/saved-views/").json()["results"] == []
    assert SavedView.objects.get().name == "Drafts"


def test_view_is_renamed_replaced_begun_with_and_deleted_where_one_came_from(client):
    user = make_researcher()
    view = keep(user)
    client.force_login(user)
    url = reverse("accounts:view_change", args=[view.pk])
    acts = [
        {"act": "rename", "name": "Mine"},
        {"act": "replace", "query": "sort=-title&after=xyz"},
        {"act": "start"},
    ]
    for act in acts:
        answer = client.post(url, {**act, "back": "/proposals/?view=all"})
        assert (answer.status_code, answer.url) == (302, "/proposals/?view=all")
    view.refresh_from_db()
    assert (view.name, view.query, view.is_start) == ("Mine", "sort=-title", True)
    assert client.post(url, {"act": "delete", "back": "//evil.example"}).url == reverse("accounts:views")
    assert SavedView.objects.count() == 0
    assert User.objects.get(pk=user.pk).keeps_views is False


def test_all_views_are_on_a_page_by_list(client):
    user = make_researcher()
    keep(user)
    SavedView.objects.create(owner=user, list_key="gone", name="Old", query="a=b", path="/proposals/", created_at=NOON)
    client.force_login(user)
    page = client.get(reverse("accounts:views")).content.decode()
    assert [words in page for words in ("Drafts", "Proposals", "Old", "gone")] == [True] * 4


def test_program_keeps_changes_and_deletes_views(client):
    client.force_login(make_researcher())
    new = {"list": "proposals", "name": "Drafts", "query": "state=draft", "path": "/proposals/", "is_start": True}
    made = client.post("/api/v1/saved-views/", new, content_type="application/json")
    assert (made.status_code, made.json()["query"], made.json()["is_start"]) == (201, "state=draft", True)
    one = f"/api/v1/saved-views/{made.json()['id']}/"
    changed = client.patch(one, {"name": "Mine", "is_start": False}, content_type="application/json")
    assert (changed.status_code, changed.json()["name"], changed.json()["is_start"]) == (200, "Mine", False)
    for wrong, status in (({"list": "nothing"}, 422), ({"query": "colour=red"}, 400), ({"path": "//x"}, 400)):
        assert (
            client.post("/api/v1/saved-views/", {**new, **wrong}, content_type="application/json").status_code == status
        )
    assert client.delete(one).status_code == 204
    assert client.get("/api/v1/saved-views/?list=proposals").json()["results"] == []
