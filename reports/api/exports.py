"""Exports for programs: ask, look how far it is, take the file."""

from typing import Any
from urllib.parse import urlsplit

from django.http import FileResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from core.clock import server_now
from reports import queries, services, tasks
from reports.files import export_file
from reports.models import ExportJob


class NewExportSerializer(serializers.Serializer[Any]):
    """`list` is a key of the catalogue; `query` the part of the list's address behind the question mark."""

    list = serializers.SlugField(max_length=64)
    query = serializers.CharField(max_length=services.LONGEST_QUERY, allow_blank=True, default="")
    format = serializers.ChoiceField(choices=ExportJob.Format.choices)


class ExportSerializer(serializers.ModelSerializer[ExportJob]):
    list = serializers.CharField(source="spec")
    percent = serializers.IntegerField()
    file = serializers.SerializerMethodField()

    class Meta:
        model = ExportJob
        fields = [
            *("id", "list", "title", "query", "format", "status", "done", "total", "percent", "message", "rows"),
            *("file_name", "size", "sha256", "file", "created_at", "started_at", "finished_at", "expires_at"),
        ]

    def get_file(self, job: ExportJob) -> str | None:
        """Where the file is, once it is made and as long as it is kept."""
        return reverse("exports-file", args=[job.pk]) if job.is_there(server_now()) else None


class ListedSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    as_of = serializers.BooleanField()


@extend_schema_view(list=extend_schema(summary="My exports"), retrieve=extend_schema(summary="An export"))
class ExportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ExportJob]):
    queryset = ExportJob.objects.none()
    serializer_class = ExportSerializer
    permission_classes = [IsAuthenticated]

    def get_queryset(self) -> Any:
        return ExportJob.objects.visible_to(signed_in(self.request))

    @extend_schema(summary="Ask for an export", request=NewExportSerializer, responses={202: ExportSerializer})
    def create(self, request: Request) -> Response:
        sent = NewExportSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        asked = sent.validated_data
        query = urlsplit(f"?{asked['query'].lstrip('?')}").query
        job = services.request_export(asked["list"], query, asked["format"], actor=signed_in(request), at=server_now())
        return self._accepted(job)

    @extend_schema(summary="Lists that can be exported", responses=ListedSerializer(many=True))
    @action(detail=False, pagination_class=None)
    def catalogue(self, request: Request) -> Response:
        found = queries.catalogue(signed_in(request))
        return Response(ListedSerializer([*found.standing, *found.others], many=True).data)

    @extend_schema(summary="The file of an export", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True)
    def file(self, request: Request, **_names: str) -> FileResponse:
        return export_file(self.get_object(), signed_in(request), server_now())

    @extend_schema(summary="Cancel an export", request=None, responses=ExportSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **_names: str) -> Response:
        job = services.cancel_export(self.get_object(), actor=signed_in(request), at=server_now())
        return Response(ExportSerializer(job).data)

    @extend_schema(summary="Try an export again", request=None, responses={202: ExportSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, **_names: str) -> Response:
        return self._accepted(services.retry_export(self.get_object(), actor=signed_in(request), at=server_now()))

    def _accepted(self, job: ExportJob) -> Response:
        tasks.wake()
        return Response(ExportSerializer(job).data, status=status.HTTP_202_ACCEPTED)
