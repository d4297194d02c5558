"""Lists: one description (`ListSpec`) serves the page, its export and its totals. See `docs/lists.md`."""

from core.lists.export import ListExport, rows_for_export, snapshot
from core.lists.keyset import BadQuery
from core.lists.page import ListPage, render_list
from core.lists.saved import Saved, keep_by
from core.lists.spec import BulkAction, Column, ListSpec, Marked, all_specs, get_spec, register

__all__ = [
    "BadQuery",
    "BulkAction",
    "Column",
    "ListExport",
    "ListPage",
    "ListSpec",
    "Marked",
    "Saved",
    "all_specs",
    "get_spec",
    "keep_by",
    "register",
    "render_list",
    "rows_for_export",
    "snapshot",
]
