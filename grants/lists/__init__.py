"""The lists of calls and proposals; imported at start, which makes them known."""

from grants.lists import call_questions as call_questions
from grants.lists import calls as calls
from grants.lists import competition as competition
from grants.lists import intake as intake
from grants.lists import late as late
from grants.lists import outages as outages
from grants.lists import programmes as programmes
from grants.lists import proposals as proposals
