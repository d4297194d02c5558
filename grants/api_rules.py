"""Rules and money of calls for programs: eligibility, budget rules, years, patterns, templates, programmes' money."""

from decimal import Decimal
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import InvalidInput, NotAllowed, require
from funds.models import Fund, FundYear
from grants import eligibility
from grants.api_call_shapes import CallSerializer, ProgrammeSerializer
from grants.api_calls import CODE
from grants.api_proposals import read
from grants.api_rule_shapes import (
    BudgetRulesSerializer,
    CallMoneySerializer,
    CallTemplateNameSerializer,
    CallTemplateSerializer,
    ChangedProgrammeSerializer,
    NewFromPatternSerializer,
    PatternSerializer,
    ProgrammeMoneySerializer,
    RuleFindingSerializer,
    RuleSerializer,
    WrittenRuleSerializer,
    WrittenYearsSerializer,
    rules_as_sent,
)
from grants.call_money import money_of, programme_money, years_of
from grants.can_i_apply import standing_for
from grants.costing import rules_of
from grants.models import Call, Programme
from grants.patterns import PATTERNS
from grants.rules import calls as rules
from grants.services import call_money, call_rules, programmes, templates
from grants.views.calls import call_for

PATTERN_KEY = OpenApiParameter("key", OpenApiTypes.STR, OpenApiParameter.PATH)
LOOKUP = "[-a-zA-Z0-9_]+"


def _how(user: User) -> dict[str, Any]:
    return {"actor": user, "at": server_now()}


def _by_number(fund: Fund, sent: list[dict[str, Any]]) -> dict[FundYear, Decimal]:
    years = {one.number: one for one in years_of(fund).values()}
    if strange := [one["year"] for one in sent if one["year"] not in years]:
        raise InvalidInput(_("The fund has no year %(number)d.") % {"number": strange[0]}, field="years")
    return {years[one["year"]]: one["amount"] for one in sent}


class CallRulesViewSet(viewsets.GenericViewSet[Call]):
    """Everybody reads the rules of a published call; officers set those of a draft, and see the money behind it."""

    queryset = Call.objects.none()
    serializer_class = CallSerializer
    permission_classes = [IsAuthenticatedOrReadOnly]
    lookup_field = "code"
    lookup_value_regex = LOOKUP

    def _seen(self) -> Call:
        return call_for(self.request.user, self.kwargs["code"])

    def _run(self) -> tuple[User, Call]:
        call = self._seen()
        require(rules.can_run_calls(self.request.user))
        return signed_in(self.request), call

    # --- who may apply -----------------------------------------------------------------------------------------------
    @extend_schema(
        summary="Who may apply, by rule", parameters=[CODE], responses=RuleSerializer(many=True), filters=False
    )
    @action(detail=True, pagination_class=None)
    def eligibility(self, request: Request, **_names: str) -> Response:
        return self._rules()

    def _rules(self) -> Response:
        found = eligibility.in_order(self._seen().eligibility_rules.all())
        return Response(RuleSerializer(found, many=True).data)

    @extend_schema(
        summary="Set or take away a rule of a draft",
        parameters=[CODE],
        request=WrittenRuleSerializer,
        responses=RuleSerializer(many=True),
    )
    @eligibility.mapping.put
    def put_eligibility(self, request: Request, **_names: str) -> Response:
        """One rule at a time, by its kind; `params` null takes it away."""
        user, call = self._run()
        sent = read(WrittenRuleSerializer, request)
        call_rules.set_eligibility(call, sent["kind"], sent["params"], blocks=sent["blocks"], **_how(user))
        return self._rules()

    @extend_schema(
        summary="What the rules say of the caller",
        parameters=[CODE],
        responses=RuleFindingSerializer(many=True),
        filters=False,
    )
    @action(detail=True, pagination_class=None, url_path="can-i-apply", permission_classes=[IsAuthenticated])
    def can_i_apply(self, request: Request, **_names: str) -> Response:
        """Before a word is written. Empty for staff, and once nothing is taken any more."""
        standing = standing_for(self._seen(), signed_in(request), server_now())
        return Response(RuleFindingSerializer(standing.findings if standing else [], many=True).data)

    # --- budgets -----------------------------------------------------------------------------------------------------
    @extend_schema(summary="Rules of budgets", parameters=[CODE], responses=BudgetRulesSerializer)
    @action(detail=True, url_path="budget-rules")
    def budget_rules(self, request: Request, **_names: str) -> Response:
        return Response(BudgetRulesSerializer(rules_of(self._seen())).data)

    @extend_schema(
        summary="Set the rules of budgets of a draft",
        parameters=[CODE],
        request=BudgetRulesSerializer,
        responses=BudgetRulesSerializer,
    )
    @budget_rules.mapping.put
    def put_budget_rules(self, request: Request, **_names: str) -> Response:
        user, call = self._run()
        made = call_rules.set_budget_rules(call, **rules_as_sent(read(BudgetRulesSerializer, request)), **_how(user))
        return Response(BudgetRulesSerializer(made).data)

    # --- money -------------------------------------------------------------------------------------------------------
    @extend_schema(summary="Money by fund year", parameters=[CODE], responses=CallMoneySerializer)
    @action(detail=True, permission_classes=[IsAuthenticated])
    def money(self, request: Request, **_names: str) -> Response:
        """What each year has, what is promised of it, and what this call takes. For staff."""
        call = self._seen()
        if not rules.is_staff(request.user):
            raise NotAllowed(_("What the fund has left is for its staff."))
        return Response(CallMoneySerializer(money_of(call, server_now())).data)

    @extend_schema(
        summary="Say out of which years a draft is paid",
        parameters=[CODE],
        request=WrittenYearsSerializer,
        responses=CallMoneySerializer,
    )
    @money.mapping.put
    def put_money(self, request: Request, **_names: str) -> Response:
        """The years add up to the envelope; none at all: the earliest that still have money."""
        user, call = self._run()
        sent = read(WrittenYearsSerializer, request)
        call_money.set_years(call, _by_number(call.programme.fund, sent["years"]), **_how(user))
        return Response(CallMoneySerializer(money_of(self._seen(), server_now())).data)

    @extend_schema(
        summary="Keep a call as a template",
        parameters=[CODE],
        request=CallTemplateNameSerializer,
        responses={201: CallTemplateSerializer},
    )
    @action(detail=True, methods=["post"])
    def keep(self, request: Request, **_names: str) -> Response:
        user, call = self._run()
        made = templates.save_as_template(call, **read(CallTemplateNameSerializer, request), **_how(user))
        return Response(CallTemplateSerializer(made).data, status=status.HTTP_201_CREATED)


class PatternViewSet(viewsets.ViewSet):
    """What the house offers to begin a call from. For officers."""

    permission_classes = [IsAuthenticated]
    lookup_field = "key"
    lookup_value_regex = LOOKUP

    @extend_schema(summary="Patterns of calls", responses=PatternSerializer(many=True))
    def list(self, request: Request) -> Response:
        require(rules.can_run_calls(signed_in(request)))
        return Response(PatternSerializer(list(PATTERNS.values()), many=True).data)

    @extend_schema(
        summary="Begin a draft from a pattern",
        parameters=[PATTERN_KEY],
        request=NewFromPatternSerializer,
        responses={201: CallSerializer},
    )
    @action(detail=True, methods=["post"])
    def make(self, request: Request, **names: str) -> Response:
        """A complete draft: texts to fill in, forms, rules, dates from today."""
        user = signed_in(request)
        require(rules.can_run_calls(user))
        sent = read(NewFromPatternSerializer, request)
        programme = Programme.objects.filter(code=sent.pop("programme")).first()
        if programme is None:
            raise InvalidInput(_("There is no such programme."), field="programme")
        given = {"zone": user.zone, "contact_email": user.email, **sent}
        made = templates.call_from_pattern(names["key"], programme=programme, **given, **_how(user))
        return Response(CallSerializer(made).data, status=status.HTTP_201_CREATED)


@extend_schema_view(
    list=extend_schema(summary="Templates of calls"),
    retrieve=extend_schema(summary="A template", parameters=[CODE]),
)
class TemplateViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Call]):
    """Calls to begin from: `copy_from` of a new call takes a template's code as well."""

    queryset = Call.objects.none()
    serializer_class = CallTemplateSerializer
    permission_classes = [IsAuthenticated]
    lookup_field = "code"
    lookup_value_regex = LOOKUP

    def get_queryset(self) -> Any:
        if not rules.is_staff(self.request.user):
            raise NotAllowed(_("Templates are for staff of the fund."))
        rows = Call.objects.visible_to(signed_in(self.request)).filter(is_template=True)
        return rows.select_related("programme__fund").order_by("title", "id")

    def _run(self) -> tuple[User, Call]:
        user = signed_in(self.request)
        found: Call = get_object_or_404(self.get_queryset(), code=self.kwargs["code"])
        require(rules.can_run_calls(user))
        return user, found

    @extend_schema(
        summary="Rename a template",
        parameters=[CODE],
        request=CallTemplateNameSerializer,
        responses=CallTemplateSerializer,
    )
    def partial_update(self, request: Request, **_names: str) -> Response:
        user, found = self._run()
        changed = templates.rename_template(found, **read(CallTemplateNameSerializer, request), **_how(user))
        return Response(CallTemplateSerializer(changed).data)

    @extend_schema(summary="Delete a template", parameters=[CODE], responses={204: None})
    def destroy(self, request: Request, **_names: str) -> Response:
        user, found = self._run()
        templates.delete_template(found, **_how(user))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ProgrammeMoneyViewSet(viewsets.GenericViewSet[Programme]):
    """A programme, and what it may give in which year. Read by staff, changed by officers."""

    queryset = Programme.objects.none()
    serializer_class = ProgrammeSerializer
    permission_classes = [IsAuthenticated]
    lookup_field = "code"
    lookup_value_regex = LOOKUP

    def _seen(self) -> Programme:
        if not rules.is_staff(signed_in(self.request)):
            raise NotAllowed(_("Programmes are set up by staff of the fund."))
        found: Programme = get_object_or_404(Programme.objects.select_related("fund"), code=self.kwargs["code"])
        return found

    def _run(self) -> tuple[User, Programme]:
        found, user = self._seen(), signed_in(self.request)
        require(rules.can_run_calls(user))
        return user, found

    @extend_schema(summary="A programme", parameters=[CODE], responses=ProgrammeSerializer)
    def retrieve(self, request: Request, **_names: str) -> Response:
        return Response(ProgrammeSerializer(self._seen()).data)

    @extend_schema(
        summary="Change a programme",
        parameters=[CODE],
        request=ChangedProgrammeSerializer,
        responses=ProgrammeSerializer,
    )
    def partial_update(self, request: Request, **_names: str) -> Response:
        user, found = self._run()
        sent = {"name": found.name, "summary": found.summary, **read(ChangedProgrammeSerializer, request)}
        return Response(ProgrammeSerializer(programmes.update_programme(found, **sent, **_how(user))).data)

    @extend_schema(
        summary="A programme's money by fund year",
        parameters=[CODE],
        responses=ProgrammeMoneySerializer(many=True),
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def years(self, request: Request, **_names: str) -> Response:
        return Response(ProgrammeMoneySerializer(programme_money(self._seen()), many=True).data)

    @extend_schema(
        summary="Say what a programme may give",
        parameters=[CODE],
        request=WrittenYearsSerializer,
        responses=ProgrammeMoneySerializer(many=True),
    )
    @years.mapping.put
    def put_years(self, request: Request, **_names: str) -> Response:
        """All years at once; none at all: the fund alone is the limit."""
        user, found = self._run()
        sent = read(WrittenYearsSerializer, request)
        programmes.set_programme_years(found, _by_number(found.fund, sent["years"]), **_how(user))
        return Response(ProgrammeMoneySerializer(programme_money(found), many=True).data)
