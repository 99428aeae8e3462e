"""Reviews as JSON: everybody reads, people with an account write and vote."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reviews import operations, queries
from reviews.models import Review
from shared.api.input import Input, read
from shared.api.pagination import Pages
from shared.auth.permissions import api_caller
from shared.errors import InvalidInput


class ReviewOutput(serializers.ModelSerializer[Review]):
    product_id = serializers.UUIDField()

    class Meta:
        model = Review
        fields = (
            "id",
            "product_id",
            "author_name",
            "rating",
            "title",
            "body",
            "verified_purchase",
            "status",
            "reply",
            "helpful",
            "unhelpful",
            "created_at",
        )


class ReviewInput(Input):
    product_id = serializers.UUIDField()
    rating = serializers.IntegerField(min_value=1, max_value=5)
    title = serializers.CharField(max_length=120)
    body = serializers.CharField(max_length=4000)


class ReviewsView(APIView):
    """The published reviews; a new one."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    pagination_class = Pages

    @extend_schema(
        parameters=[
            OpenApiParameter("product", UUID),
            OpenApiParameter("ordering", str, enum=list(queries.ORDERINGS)),
        ],
        responses=ReviewOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        pages = self.pagination_class()
        ordering = request.query_params.get("ordering", "newest")
        reviews = queries.list_published(_product(request), ordering=ordering)
        page = pages.paginate_queryset(reviews, request)
        return pages.get_paginated_response(ReviewOutput(page or [], many=True).data)

    @extend_schema(request=ReviewInput, responses={201: ReviewOutput})
    def post(self, request: Request) -> Response:
        body = read(ReviewInput, request.data)
        review = operations.post_review(author=api_caller(request), now=timezone.now(), **body)
        return Response(ReviewOutput(review).data, status=201)


def _product(request: Request) -> UUID | None:
    text = request.query_params.get("product")
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise InvalidInput(product=["A product's id"]) from error


class VoteInput(Input):
    helpful = serializers.BooleanField()


class VoteView(APIView):
    """One person's word on whether a review helps; a second one replaces it."""

    permission_classes = [IsAuthenticated]

    @extend_schema(request=VoteInput, responses=ReviewOutput)
    def post(self, request: Request, review_id: UUID) -> Response:
        body = read(VoteInput, request.data)
        voter_id = api_caller(request).user_id
        review = operations.vote(review_id=review_id, voter_id=voter_id, **body)
        return Response(ReviewOutput(review).data)
