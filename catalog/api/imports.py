"""Product files in, by merchants."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import operations
from catalog.models import ImportRowError, ImportRun
from catalog.queries.imports import get_import_run, list_import_errors, list_import_runs
from catalog.rules.addresses import MAX_URL
from shared.api.input import Input, read
from shared.api.parsers import BoundedJSONParser
from shared.auth.permissions import api_principal, has_role


class ImportInput(Input):
    """Either `file` or `url`, from where the shop fetches the file."""

    file = serializers.FileField(required=False, allow_empty_file=True)
    url = serializers.CharField(required=False, max_length=MAX_URL)
    format = serializers.ChoiceField(ImportRun.Format.choices, default="shopify")
    dry_run = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("file" in attrs) == ("url" in attrs):
            raise serializers.ValidationError("Send either a file or a url.")
        return attrs


class LinkInput(ImportInput):
    """`url` is where the shop fetches the file."""

    file = None  # type: ignore[assignment]


class RunOutput(serializers.Serializer[Any]):
    """`status` is queued, running, done or failed; a failed import says why in `error_code` and
    `error`. Counts are of products, `warnings` of rows, and grow while it runs."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(ImportRun.Status.choices)
    file_name = serializers.CharField()
    url = serializers.CharField(source="source_url")
    format = serializers.ChoiceField(ImportRun.Format.choices)
    dry_run = serializers.BooleanField()
    total = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    failed = serializers.IntegerField()
    warnings = serializers.IntegerField()
    error_code = serializers.CharField()
    error = serializers.CharField()
    requested_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class RowOutput(serializers.Serializer[Any]):
    """A row that was refused (`severity` error), or of which something was left out (warning); the
    header is row 1."""

    row = serializers.IntegerField()
    handle = serializers.CharField()
    severity = serializers.ChoiceField(ImportRowError.Severity.choices)
    code = serializers.CharField()
    message = serializers.CharField()


class ReportOutput(RunOutput):
    """With the rows that were refused, or not taken over whole."""

    rows = RowOutput(many=True)


class ImportsView(ListAPIView[ImportRun]):
    """The imports, and a new one: it waits for the worker, and its address tells how far it is.
    With `dry_run` nothing is kept but the report."""

    serializer_class = RunOutput
    parser_classes = [MultiPartParser, BoundedJSONParser]
    queryset = list_import_runs()

    def get_permissions(self) -> list[BasePermission]:
        reads = self.request.method in SAFE_METHODS
        return [has_role("catalogue", "analyst")() if reads else has_role("catalogue")()]

    @extend_schema(
        request={"multipart/form-data": ImportInput, "application/json": LinkInput},
        responses={202: OpenApiResponse(ReportOutput, "In the queue; `Location` tells more")},
    )
    def post(self, request: Request) -> Response:
        body = read(ImportInput, request.data)
        wish = dict(body)
        file = wish.pop("file", None)
        if file is not None:
            wish |= {"data": file.read(), "file_name": file.name}
        run = operations.request_import(
            **wish, actor=str(api_principal(request)), now=timezone.now()
        )
        location = reverse("import", args=[run.pk])
        return Response(_report(run), status=202, headers={"Location": location})


class ImportView(APIView):
    """How far an import is, and the rows that were refused."""

    permission_classes = [has_role("catalogue", "analyst")]

    @extend_schema(responses=ReportOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(_report(get_import_run(pk)))


def _report(run: ImportRun) -> dict[str, Any]:
    shaped: dict[str, Any] = ReportOutput({**vars(run), "rows": list_import_errors(run)}).data
    return shaped
