from alliance.models.board import BoardSeat as BoardSeat
from alliance.models.members import Contribution as Contribution
from alliance.models.members import Member as Member
from alliance.models.members import Pledge as Pledge
from alliance.models.members import Representative as Representative
from alliance.models.resolutions import Resolution as Resolution
from alliance.models.resolutions import ResolutionStep as ResolutionStep
from alliance.models.resolutions import Vote as Vote
