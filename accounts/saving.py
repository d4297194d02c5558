"""Saved views: a person's own names for questions to lists. Nothing but an address is kept, so there is nothing to audit."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.models import SavedView, User
from accounts.names import clean_name
from core.errors import InvalidInput, NotAllowed
from core.lists import Saved, get_spec
from core.lists.saved import check

MOST, LONGEST_NAME, LONGEST_QUERY = 50, 60, 2_000


def kept(user: Any, key: str) -> Sequence[Saved]:
    """What `user` keeps for the list `key`: asked of the database only where there is something."""
    if not getattr(user, "keeps_views", False):
        return []
    rows = SavedView.objects.filter(owner=user, list_key=key).order_by("position", "id")
    return [Saved(*row) for row in rows.values_list("pk", "name", "query", "is_start")]


def _locked(user: User) -> User:
    return User.objects.select_for_update().get(pk=user.pk)


def _checked_name(owner: User, key: str, name: str, but: SavedView | None = None) -> str:
    cleaned = clean_name(name)
    if not cleaned or len(cleaned) > LONGEST_NAME or not cleaned.isprintable():
        raise InvalidInput(_("Name the view in 1 to 60 characters."), field="name")
    others = owner.saved_views.annotate(folded=Lower("name")).filter(list_key=key, folded=Lower(Value(cleaned)))
    if (others.exclude(pk=but.pk) if but else others).exists():
        raise InvalidInput(_("You have a view of that name for this list. Choose another name."), field="name")
    return cleaned


def _checked_query(owner: User, key: str, query: str) -> str:
    asked = check(get_spec(key), owner, query)
    if not asked:
        raise InvalidInput(_("Set a filter or an order first: the view would show the whole list."), field="query")
    if len(asked) > LONGEST_QUERY:
        raise InvalidInput(_("This question is too long to be kept."), field="query")
    return asked


@transaction.atomic
def save_view(
    user: User, key: str, query: str, *, name: str, path: str, start: bool = False, at: dt.datetime
) -> SavedView:
    """Keep the question under `name`. Refused: one that the list would refuse, a name twice, more than fifty in all."""
    owner = _locked(user)
    name, query = _checked_name(owner, key, name), _checked_query(owner, key, query)
    if owner.saved_views.count() >= MOST:
        raise NotAllowed(_("You keep %(n)d views. Delete one that you no longer need.") % {"n": MOST})
    here = owner.saved_views.filter(list_key=key)
    last = here.order_by("-position").first()
    view = SavedView.objects.create(
        owner=owner,
        list_key=key,
        name=name,
        query=query,
        path=path[:200],
        position=last.position + 1 if last else 0,
        created_at=at,
    )
    User.objects.filter(pk=owner.pk).update(keeps_views=True)
    return start_with(view, start=True) if start else view


@transaction.atomic
def change_view(view: SavedView, *, name: str | None = None, query: str | None = None) -> SavedView:
    """Another name, another question, or both."""
    owner = _locked(view.owner)
    locked = SavedView.objects.get(pk=view.pk)
    if name is not None:
        locked.name = _checked_name(owner, locked.list_key, name, but=locked)
    if query is not None:
        locked.query = _checked_query(owner, locked.list_key, query)
    locked.save(update_fields=["name", "query"])
    return locked


@transaction.atomic
def start_with(view: SavedView, *, start: bool) -> SavedView:
    """The list opens with this view (instead of another one), or with all its rows again."""
    owner = _locked(view.owner)
    owner.saved_views.filter(list_key=view.list_key, is_start=True).exclude(pk=view.pk).update(is_start=False)
    owner.saved_views.filter(pk=view.pk).update(is_start=start)
    return SavedView.objects.get(pk=view.pk)


@transaction.atomic
def delete_view(view: SavedView) -> None:
    """Gone for good; twice is harmless."""
    owner = _locked(view.owner)
    owner.saved_views.filter(pk=view.pk).delete()
    User.objects.filter(pk=owner.pk).update(keeps_views=owner.saved_views.exists())
