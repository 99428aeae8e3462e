"""Recommendations as JSON, and the beacon that says what was looked at."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from recommend import operations, queries
from shared.api.input import Input, read
from shared.api.shapes import MoneyShape
from shared.auth.permissions import api_caller, api_principal


class RecommendedOutput(serializers.Serializer[Any]):
    """`price` is the lowest of the variants', `price_max` the highest; `reason` is copurchase,
    category, trending or new, `reason_text` says it to a person."""

    product_id = serializers.UUIDField()
    title = serializers.CharField()
    url = serializers.CharField()
    image_url = serializers.CharField()
    price = MoneyShape(allow_null=True)
    price_max = MoneyShape(allow_null=True)
    reason = serializers.CharField()
    reason_text = serializers.CharField()


def _answer(found: list[queries.Recommended]) -> Response:
    return Response({"results": RecommendedOutput(found, many=True).data})


class ResultsOutput(serializers.Serializer[Any]):
    results = RecommendedOutput(many=True)


class SimilarView(APIView):
    """What goes with a product."""

    permission_classes = [AllowAny]

    @extend_schema(responses=ResultsOutput)
    def get(self, request: Request, product_id: UUID) -> Response:
        return _answer(queries.recommend_similar(product_id, timezone.now()))


class TrendingView(APIView):
    """What many look at and buy."""

    permission_classes = [AllowAny]

    @extend_schema(responses=ResultsOutput)
    def get(self, request: Request) -> Response:
        return _answer(queries.recommend_trending(timezone.now()))


class ForMeView(APIView):
    """What goes with what the caller bought and looked at."""

    @extend_schema(responses=ResultsOutput)
    def get(self, request: Request) -> Response:
        return _answer(queries.recommend_for(api_caller(request).user_id, timezone.now()))


class ViewInput(Input):
    product_id = serializers.UUIDField()


class ViewsView(APIView):
    """Takes note that a product was looked at; not of who asks to be left alone
    (Sec-GPC or DNT: 1)."""

    permission_classes = [AllowAny]

    @extend_schema(request=ViewInput, responses={204: None})
    def post(self, request: Request) -> Response:
        body = read(ViewInput, request.data)
        if "1" not in (request.headers.get("Sec-GPC"), request.headers.get("DNT")):
            principal = api_principal(request)
            operations.record_view(
                customer_id=principal.user_id if principal else None,
                at=timezone.now(),
                **body,
            )
        return Response(status=204)
