"""One's own saved views, for programs: the same services and refusals as the pages."""

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import saving
from accounts.http import signed_in
from accounts.models import SavedView
from core.clock import server_now
from core.errors import InvalidInput

LIST = OpenApiParameter("list", OpenApiTypes.STR, description="Those of the list with this key alone.")


class SavedViewSerializer(serializers.ModelSerializer[SavedView]):
    list = serializers.CharField(source="list_key", read_only=True)

    class Meta:
        model = SavedView
        fields = ["id", "list", "name", "query", "path", "is_start", "created_at"]
        read_only_fields = fields


class NewSavedViewSerializer(serializers.Serializer[Any]):
    list = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=saving.LONGEST_NAME)
    query = serializers.CharField(max_length=saving.LONGEST_QUERY)
    path = serializers.RegexField(r"^/(?!/)\S*$", max_length=200)
    is_start = serializers.BooleanField(default=False)


class ChangedSavedViewSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=saving.LONGEST_NAME, required=False)
    query = serializers.CharField(max_length=saving.LONGEST_QUERY, required=False)
    is_start = serializers.BooleanField(required=False)


@extend_schema_view(
    list=extend_schema(summary="Saved views", parameters=[LIST]), retrieve=extend_schema(summary="A saved view")
)
class SavedViewViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[SavedView]):
    """Named filters and orders of lists; nobody sees another person's."""

    queryset = SavedView.objects.none()
    serializer_class = SavedViewSerializer

    def get_queryset(self) -> Any:
        rows = SavedView.objects.visible_to(signed_in(self.request))
        key = self.request.query_params.get("list", "")
        return rows.filter(list_key=key) if key else rows

    @extend_schema(summary="Save a view", request=NewSavedViewSerializer, responses={201: SavedViewSerializer})
    def create(self, request: Request) -> Response:
        given = NewSavedViewSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        key, query, start = data.pop("list"), data.pop("query"), data.pop("is_start")
        try:
            view = saving.save_view(signed_in(request), key, query, start=start, at=server_now(), **data)
        except Http404 as error:
            raise InvalidInput(str(error), field="list") from None
        return Response(SavedViewSerializer(view).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Rename a view, or let it ask something else",
        request=ChangedSavedViewSerializer,
        responses=SavedViewSerializer,
    )
    def partial_update(self, request: Request, *_args: Any, **_kwargs: Any) -> Response:
        view = self.get_object()
        given = ChangedSavedViewSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        start = data.pop("is_start", None)
        view = saving.change_view(view, **data) if data else view
        return Response(SavedViewSerializer(view if start is None else saving.start_with(view, start=start)).data)

    @extend_schema(summary="Delete a view", responses={204: None})
    def destroy(self, request: Request, *_args: Any, **_kwargs: Any) -> Response:
        saving.delete_view(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)
