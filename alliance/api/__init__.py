"""The alliance for programs: the same reads, rules and services as the pages."""

from alliance.api.board import BoardSeatViewSet as BoardSeatViewSet
from alliance.api.board import ResolutionViewSet as ResolutionViewSet
from alliance.api.members import ContributionViewSet as ContributionViewSet
from alliance.api.members import MemberViewSet as MemberViewSet
from alliance.api.members import PledgeViewSet as PledgeViewSet
from alliance.api.members import RepresentativeViewSet as RepresentativeViewSet
