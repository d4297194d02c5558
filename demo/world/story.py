"""The world from its first day to now. The order of the ledger is the order of time, so that "as of" is true of any day."""

import datetime as dt
from collections.abc import Callable

from django.db import transaction
from django.db.models import F

from awards.models import Award
from demo.world import awards, reviews
from demo.world.calls import make_calls
from demo.world.desk import put_on_desk
from demo.world.money import make_money, receive_year
from demo.world.people import make_people
from demo.world.proposals import DRAFT, SIGNED, WAITING, triage_all, write_all
from demo.world.scene import Scene
from demo.world.shapes import live_compute, live_voices, make_shapes
from grants.services.calls import open_and_close
from notifications.models import Notice

Say = Callable[[str], None]


@transaction.atomic
def tell(now: dt.datetime, say: Say) -> Scene:
    """Make the whole world, in one transaction: there is a whole one or none."""
    scene = Scene(now)
    say("people, universities, members and their money")
    make_people(scene)
    make_money(scene)
    receive_year(scene, 1, days=715, share=1)
    say("calls")
    make_calls(scene)
    make_shapes(scene)
    say("the first round: proposals, reviews, awards")
    first = _round(scene, "EARTH", days=610, most=11)
    awards.pay(scene, first, 1, scene.ago(500))
    second = _round(scene, "OPENKIT", days=430, most=10)
    awards.pay(scene, second, 1, scene.ago(350))
    awards.pay(scene, first[:-3], 2, scene.ago(320))
    receive_year(scene, 2, days=300, share=0.8)
    awards.pay(scene, second[:-4], 2, scene.ago(230))
    awards.archive(scene, "EARTH", scene.ago(200))
    say("the second round, now before the board")
    _judged(scene, "EVAL", days=120, ineligible=1)
    reviews.recommend_best(scene, "EVAL", 7, scene.ago(6))
    awards.put_to_the_vote(scene, "EVAL", scene.ago(3))
    say("reviews under way, a call that has closed, one that is open")
    _under_way(scene)
    awards.report_all(scene, first)
    _payments_of_today(scene, first, second)
    put_on_desk(scene)
    _deliver_the_past(scene)
    return scene


def _judged(scene: Scene, name: str, *, days: int, ineligible: int) -> None:
    proposals = write_all(scene, name)
    open_and_close(at=scene.ago(days + 5))
    eligible = triage_all(scene, proposals, scene.ago(days), ineligible=ineligible)
    reviews.review_all(scene, name, eligible, scene.ago(days - 6))


def _round(scene: Scene, name: str, *, days: int, most: int) -> list[Award]:
    """A call from its proposals to accepted awards."""
    _judged(scene, name, days=days, ineligible=2)
    reviews.recommend_best(scene, name, most, scene.ago(days - 46))
    return awards.decide(scene, name, scene.ago(days - 50))


def _under_way(scene: Scene) -> None:
    safe = write_all(scene, "SAFE")
    open_and_close(at=scene.ago(58))
    eligible = triage_all(scene, safe, scene.ago(50))
    reviews.one_conflicted_officer(scene, eligible[0], scene.ago(49))
    reviews.review_all(scene, "SAFE", eligible[1:], scene.ago(45), share=0.62)
    reviews.one_recusal(scene, "SAFE", scene.ago(4))
    live_voices(scene)
    live_compute(scene)
    hardware = write_all(scene, "HARDWARE")
    write_all(scene, "SEED", [DRAFT] * 7 + [WAITING] * 4 + [SIGNED] * 7)
    open_and_close(at=scene.now)
    triage_all(scene, hardware[:3], scene.ago(1), ineligible=0)


def _payments_of_today(scene: Scene, first: list[Award], second: list[Award]) -> None:
    """What lies on the finance desk this morning: asked for, approved, at the bank, and one that failed."""
    awards.pay(scene, first[-3:-2], 2, scene.ago(20), until="failed")
    awards.pay(scene, second[-4:-3], 2, scene.ago(4), until="sent")
    awards.pay(scene, second[-3:-2], 2, scene.ago(3), until="approved")
    awards.pay(scene, second[-2:-1], 2, scene.ago(1), until="requested")


def _deliver_the_past(scene: Scene) -> None:
    """Messages of the past were sent in the past; those of the last day go out when the worker starts."""
    old = Notice.objects.filter(state=Notice.State.WAITING, not_before__lt=scene.ago(1))
    old.update(state=Notice.State.SENT, sent_at=F("not_before"), attempts=1)
    Notice.objects.filter(created_at__lt=scene.ago(10)).update(read_at=F("created_at"))
