"""Calls as an Atom feed: new ones come to whoever follows, without an account."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from core.clock import server_now
from grants import calling
from grants.models import Call
from notifications.words import moment

MOST = 50
Line = tuple[Call, dt.datetime]


class CallsFeed(Feed[Line, None]):
    """The published calls, newest first: the same to everybody, staff included. Three queries."""

    feed_type = Atom1Feed
    link = "/calls/"

    def title(self, _obj: Any = None) -> str:
        return _("Calls for proposals")

    def subtitle(self, _obj: Any = None) -> str:
        return _("Money for open AI research.")

    def items(self) -> list[Line]:
        at = server_now()
        rows = calling.with_stages(Call.objects.visible_to(None).exclude(status=Call.Status.CANCELLED))
        return [(call, at) for call in rows.select_related("programme").order_by("-published_at", "-pk")[:MOST]]

    def item_title(self, item: Line) -> str:
        return item[0].title

    def item_description(self, item: Line) -> str:
        stage = calling.current_stage(*item)
        return f"{item[0].summary} {_('Closes')}: {moment(stage.closes_at, stage.zone)}"

    def item_link(self, item: Line) -> str:
        return f"{settings.SITE_URL}{item[0].get_absolute_url()}"

    def item_guid(self, item: Line) -> str:
        return f"urn:uuid:{item[0].pk}"

    def item_pubdate(self, item: Line) -> dt.datetime | None:
        return item[0].published_at

    def item_categories(self, item: Line) -> list[str]:
        return [item[0].programme.name]
