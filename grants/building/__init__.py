"""The form builder: what an officer typed, turned into sections and questions, and back; adding, moving, copying, removing
parts. Everything typed is posted back as it is, right or wrong: nothing is kept before it is saved, and nothing is lost."""

from grants.building.acts import act_on, added, added_to, opened
from grants.building.draft import Block, Column, Draft, Pick, Row
from grants.building.reading import block_of, from_post, from_specs, row_of
from grants.building.showing import shown, shown_one, troubles
from grants.building.writing import to_specs

__all__ = [
    "Block",
    "Column",
    "Draft",
    "Pick",
    "Row",
    "act_on",
    "added",
    "added_to",
    "block_of",
    "from_post",
    "from_specs",
    "opened",
    "row_of",
    "shown",
    "shown_one",
    "to_specs",
    "troubles",
]
