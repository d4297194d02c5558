"""What every endpoint of the API shares: pages, and how bodies are read."""

from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import JSONParser

from core.unstorable import check_texts


class KeysetPagination(CursorPagination):
    """Newest first, by key and not by offset: UUIDv7 keys are ordered by time, so no page grows slow or repeats a row."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """A cursor that was bent names no place: its key is not one of the rows'."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, TypeError, OverflowError):
            if self.cursor_query_param not in request.query_params:
                raise
            raise NotFound(self.invalid_cursor_message) from None


class StrictJSONParser(JSONParser):
    """JSON whose texts can all be kept, and no deeper than any shape of ours."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            body = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError(_("This body is nested too deeply.")) from None
        check_texts(body)
        return body
