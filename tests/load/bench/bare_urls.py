"""The least that a view can do: the bytes of a file in SOUK_BENCH_FILES, or one row."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.load.bench.references import TABLE


@cache
def _bytes(name: str) -> bytes:
    return Path(os.environ["SOUK_BENCH_FILES"], name).read_bytes()


@cache
def _data(name: str) -> Any:
    return json.loads(_bytes(name))


def show_bytes(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(_bytes(name))


class DataView(APIView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    renderer_classes = [JSONRenderer]

    def get(self, request: Request, name: str) -> Response:
        return Response(_data(name))


@csrf_exempt
def insert_row(request: HttpRequest) -> HttpResponse:
    """Commits one row."""
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {TABLE} (text) VALUES (%s)", ["x" * 40])
    return HttpResponse(b"{}", content_type="application/json")


urlpatterns = [
    path("bytes/<str:name>", show_bytes),
    path("data/<str:name>", DataView.as_view()),
    path("rows/", insert_row),
]
