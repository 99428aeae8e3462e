"""Every kind of answer, for the tests of errors and identity."""

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from redis.exceptions import ConnectionError as CacheAway
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shared.api.input import Input
from shared.auth.middleware import principal_of
from shared.auth.pages import signed_in
from shared.auth.permissions import has_role
from shared.errors import Conflict, InvalidInput, NotFound


class TeaIsCold(Conflict):
    code = "tea_is_cold"
    title = "The tea is cold"


ERRORS: dict[str, Exception] = {
    "conflict": TeaIsCold("Heat it first", minutes=5),
    "missing": NotFound(),
    "input": InvalidInput(sugar=["At most three"]),
    "bug": RuntimeError("secret detail"),
    "database": OperationalError("secret detail"),
    "cache": CacheAway("secret detail"),
}


class NumberInput(Input):
    number = serializers.IntegerField()


class ErrorView(APIView):
    permission_classes = [AllowAny]

    def get(self, request: Request, kind: str) -> Response:
        raise ERRORS[kind]

    def post(self, request: Request, kind: str) -> Response:
        NumberInput(data=request.data).is_valid(raise_exception=True)
        return Response({})


class WhoView(APIView):
    def get(self, request: Request) -> Response:
        return Response({"who": str(request.user)})

    def post(self, request: Request) -> Response:
        return Response({"who": str(request.user)})


class StaffView(APIView):
    permission_classes = [has_role("fulfilment")]

    def get(self, request: Request) -> Response:
        return Response({})


def error_page(request: HttpRequest, kind: str) -> HttpResponse:
    raise ERRORS[kind]


def who_page(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"who": str(principal_of(request)), "account": str(request.user)})


urlpatterns = [
    path("probe/api/v1/errors/<str:kind>/", ErrorView.as_view()),
    path("probe/api/v1/who/", WhoView.as_view()),
    path("probe/api/v1/staff/", StaffView.as_view()),
    path("probe/errors/<str:kind>/", error_page),
    path("probe/fragments/errors/<str:kind>/", error_page),
    path("probe/who/", who_page),
    path("probe/mine/", signed_in(who_page)),
]
