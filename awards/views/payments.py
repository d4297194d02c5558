"""Payments: asked for, checked, released, followed; and the batches that go to the bank."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import signed_in
from accounts.models import User
from awards import gate, lists, rules
from awards.forms import ReasonForm, RequestForm, SettleForm
from awards.models import Disbursement, PaymentBatch
from awards.services import batches, payments
from awards.views.awards import fresh_request_form, instalment_for
from core.clock import server_now
from core.errors import DomainError, InvalidInput, require
from core.forms import apply_domain_error
from core.lists import render_list
from universities.models import BankAccount
from universities.queries import usable_account

QUEUES = ("requested", "approved", "batched", "sent", "failed")


@login_required
@require_safe
def payment_list(request: HttpRequest) -> HttpResponse:
    """The desk: what waits for whom, then every payment."""
    user = signed_in(request)
    require(rules.can_see_payments(user))
    counted = (
        Disbursement.objects.visible_to(user).order_by().values("status").annotate(n=Count("pk"), total=Sum("amount"))
    )
    queues: dict[str, Any] = {row["status"]: row["n"] for row in counted}
    labels = dict(Disbursement.Status.choices)
    figures = [(state, labels[state], queues.get(state, 0)) for state in QUEUES]
    context = {"figures": figures, "may_batch": rules.can_see_batches(user) is None}
    return render_list(request, lists.PAYMENTS, "awards/payments.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def request_payment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The office asks for an instalment: what must hold is shown first."""
    user, now = signed_in(request), server_now()
    part = instalment_for(user, pk)
    require(rules.can_request(user, part))
    form = RequestForm(request.POST) if request.method == "POST" else fresh_request_form()
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                payment = payments.request(part, **form.cleaned_data, actor=user, at=now)
            except DomainError as error:
                apply_domain_error(form, error)
                status = error.status
            else:
                messages.success(request, _("Payment %(number)s is asked for.") % {"number": payment.number})
                return redirect(payment)
    conditions = gate.of_instalment(part, now)
    context = {"part": part, "award": part.award, "form": form, "conditions": conditions}
    context["open"] = all(condition.holds for condition in conditions)
    return render(request, "awards/payment_request.html", context, status=status)


def _payment(user: User, number: str) -> Disbursement:
    rows = Disbursement.objects.visible_to(user).select_related(
        "award__fund",
        "award__university",
        "award__subaccount",
        "instalment__fund_year",
        "instalment__award__university",
        "instalment__award__fund",
        "instalment__after_report__award",
        "requested_by",
        "approved_by",
        "released_by",
        "batch",
        "account",
    )
    return get_object_or_404(rows, number=number)


@login_required
@require_safe
def payment(request: HttpRequest, number: str) -> HttpResponse:
    """One payment: where it stands, its gate, who did what, and the one next act."""
    return _show(request, _payment(signed_in(request), number))


def _show(request: HttpRequest, one: Disbursement, **more: Any) -> HttpResponse:
    user, now = signed_in(request), server_now()
    living = one.status in {"requested", "approved"}
    context = {
        "payment": one,
        "award": one.award,
        "conditions": [condition.as_data() for condition in gate.of_payment(one, now)] if living else one.gate,
        "living": living,
        "may_approve": rules.can_approve(user, one) is None,
        "may_release": rules.can_release(user, one) is None,
        "may_follow": rules.can_follow(user, one) is None,
        "may_cancel": rules.can_cancel(user, one) is None,
        "release_reason": rules.can_release(user, one) if one.status == "approved" else None,
        "account": _account(user, one, now),
        "reason_form": ReasonForm(),
        "settle_form": SettleForm(initial={"on": now.date()}),
        "steps": one.steps.select_related("actor"),
        **more,
    }
    return render(request, "awards/payment.html", context, status=422 if more else 200)


def _account(user: User, one: Disbursement, now: Any) -> BankAccount | None:
    """Where it goes, for finance: as it was released, or as it would be now."""
    if rules.can_follow(user, one) is not None:
        return None
    return one.account or usable_account(one.award.university, now, currency=one.award.currency)


Act = Callable[..., Disbursement]
PLAIN: dict[str, tuple[Act, Callable[[User, Disbursement], str | None], str]] = {
    "approve": (payments.approve, rules.can_approve, "Payment %(number)s is approved; its money is held."),
    "release": (payments.release, rules.can_release, "Payment %(number)s is released."),
    "sent": (payments.mark_sent, rules.can_follow, "Payment %(number)s is at the bank."),
}
WITH_REASON: dict[str, tuple[Act, Callable[[User, Disbursement], str | None], str]] = {
    "reject": (payments.reject, rules.can_approve, "Payment %(number)s is refused; the office is told why."),
    "fail": (payments.fail, rules.can_follow, "Payment %(number)s failed; its money is back with the award."),
    "return": (payments.return_, rules.can_follow, "Payment %(number)s came back; its money is back with the award."),
    "cancel": (payments.cancel, rules.can_cancel, "Payment %(number)s is cancelled."),
}


@login_required
@require_POST
def act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Every step of a payment that is one button, with a reason where it needs one."""
    user = signed_in(request)
    one = _payment(user, number)
    how: dict[str, Any] = {"actor": user, "at": server_now()}
    if verb in PLAIN:
        service, rule, words = PLAIN[verb]
    else:
        service, rule, words = WITH_REASON[verb]
        how["reason"] = request.POST.get("reason", "")
    require(rule(user, one))
    service(one, **how)
    messages.success(request, _(words) % {"number": one.number})
    return redirect(one)


@login_required
@require_POST
def settle(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    one = _payment(user, number)
    require(rules.can_follow(user, one))
    form = SettleForm(request.POST)
    if form.is_valid():
        try:
            payments.settle(one, **form.cleaned_data, actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("Payment %(number)s is settled.") % {"number": one.number})
            return redirect(one)
    return _show(request, one, settle_form=form)


# --- batches ---------------------------------------------------------------------------------------------------------
@login_required
@require_safe
def batch_list(request: HttpRequest) -> HttpResponse:
    return render_list(request, lists.BATCHES)


@login_required
@require_POST
def batch_make(request: HttpRequest) -> HttpResponse:
    """Put the ticked payments together."""
    user = signed_in(request)
    require(rules.can_batch(user))
    try:
        keys = {UUID(key) for key in request.POST.getlist("pk")}
    except ValueError:
        raise InvalidInput(_("Tick payments of the list.")) from None
    chosen = list(Disbursement.objects.visible_to(user).filter(pk__in=keys).select_related("award__fund"))
    if not keys:
        messages.error(request, _("Tick at least one approved payment."))
        return redirect("awards:payments")
    if len(chosen) != len(keys):
        raise InvalidInput(_("One of these payments is not there any more. Tick them again; no batch was made."))
    batch = batches.make_batch(chosen[0].award.fund, chosen, actor=user, at=server_now())
    messages.success(request, _("Batch %(number)s is made. Somebody else releases it.") % {"number": batch.number})
    return redirect(batch)


def _batch(user: User, number: str) -> PaymentBatch:
    rows = PaymentBatch.objects.visible_to(user).select_related("fund", "made_by", "released_by")
    return get_object_or_404(rows, number=number)


@login_required
@require_safe
def batch(request: HttpRequest, number: str) -> HttpResponse:
    return _show_batch(request, _batch(signed_in(request), number))


def _show_batch(request: HttpRequest, one: PaymentBatch, **more: Any) -> HttpResponse:
    user = signed_in(request)
    rows = one.disbursements.select_related("award__university", "award__fund").order_by("number")
    context = {
        "batch": one,
        "payments": rows,
        "total": rows.aggregate(total=Sum("amount"))["total"],
        "may_release": rules.can_release_batch(user, one) is None,
        "may_follow": rules.can_batch(user) is None,
        "settle_form": SettleForm(initial={"on": server_now().date()}),
        "reason_form": ReasonForm(),
        "steps": one.steps.select_related("actor"),
        **more,
    }
    return render(request, "awards/batch.html", context, status=422 if more else 200)


@login_required
@require_POST
def batch_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Release, send, settle or take apart a batch."""
    user, now = signed_in(request), server_now()
    one = _batch(user, number)
    require(rules.can_batch(user))
    if verb == "release":
        require(rules.can_release_batch(user, one))
        batches.release_batch(one, actor=user, at=now)
    elif verb == "send":
        batches.send_batch(one, actor=user, at=now)
    elif verb == "cancel":
        batches.cancel_batch(one, reason=request.POST.get("reason", ""), actor=user, at=now)
    else:
        form = SettleForm(request.POST)
        if form.is_valid():
            try:
                batches.settle_batch(one, **form.cleaned_data, actor=user, at=now)
            except DomainError as error:
                apply_domain_error(form, error)
        if form.errors:
            return _show_batch(request, _batch(user, number), settle_form=form)
    messages.success(request, _("Batch %(number)s is changed.") % {"number": one.number})
    return redirect(one)
