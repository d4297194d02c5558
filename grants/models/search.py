"""What a proposal is found by."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from grants.models.proposals import Proposal


class ProposalSearch(models.Model):
    """The words of a proposal: number, title, keywords, abstract, people and institutions.

    Written by triggers alone (migration `proposal_search`), also where a person, a team or a university is renamed.
    `words` has the stem of every word, and title, keywords and names as they are written too, for words not typed to
    their end. `names` is the plain text of people and institutions, to show why a proposal was found.
    """

    proposal = models.OneToOneField(Proposal, on_delete=models.CASCADE, primary_key=True, related_name="search")
    names = models.TextField(blank=True)
    words = SearchVectorField()

    class Meta:
        # Kept up to date at each write: a list of what is pending would be read through at each search.
        indexes = [GinIndex(fields=["words"], name="proposal_search_words", fastupdate=False)]
