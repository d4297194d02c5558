"""Pages of the API."""

from rest_framework.pagination import CursorPagination


class KeysetPagination(CursorPagination):
    """Newest first, by key and not by offset: UUIDv7 keys are ordered by time, so no page grows slow or repeats a row."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
