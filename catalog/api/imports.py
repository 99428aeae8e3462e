"""Product files in, by merchants."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import operations
from catalog.models import ImportRun
from catalog.queries.imports import get_import_run, list_import_errors
from shared.auth.permissions import api_principal, has_role


class ImportInput(serializers.Serializer[Any]):
    file = serializers.FileField(allow_empty_file=True)
    format = serializers.ChoiceField(ImportRun.Format.choices, default="shopify")
    dry_run = serializers.BooleanField(default=False)


class RowOutput(serializers.Serializer[Any]):
    """A row that was refused; the header is row 1."""

    row = serializers.IntegerField()
    handle = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class ReportOutput(serializers.Serializer[Any]):
    """Counts are of products."""

    id = serializers.UUIDField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    failed = serializers.IntegerField()
    rows = RowOutput(many=True)


class ImportsView(APIView):
    """Takes a product file and tells what became of it. With `dry_run` nothing is kept."""

    permission_classes = [has_role("catalogue")]
    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": ImportInput}, responses={201: ReportOutput})
    def post(self, request: Request) -> Response:
        body = ImportInput(data=request.data)
        body.is_valid(raise_exception=True)
        file = body.validated_data["file"]
        report = operations.import_products(
            data=file.read(),
            file_name=file.name,
            format=body.validated_data["format"],
            dry_run=body.validated_data["dry_run"],
            actor=str(api_principal(request)),
            now=timezone.now(),
        )
        return Response(ReportOutput(report).data, status=201)


class ImportView(APIView):
    """The report of an import that was made before."""

    permission_classes = [has_role("catalogue", "analyst")]

    @extend_schema(responses=ReportOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        run = get_import_run(pk)
        return Response(ReportOutput({**vars(run), "rows": list_import_errors(run)}).data)
