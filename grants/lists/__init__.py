"""The lists of calls and proposals; imported at start, which makes them known."""

from grants.lists import calls as calls
from grants.lists import proposals as proposals
