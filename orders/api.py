"""Orders as JSON: a shopper's own ones, a guest's by its token, and the merchant's steps."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders import operations, queries
from orders.models import Order
from shared.api.idempotency import find_key, key_parameter, name_effect
from shared.api.input import Input, read, read_nothing
from shared.api.pagination import Pages
from shared.api.shapes import ORDER_TOKEN_PARAMETERS, AmountInput, MoneyShape
from shared.auth.capabilities import read_order_token
from shared.auth.permissions import api_caller, api_principal, has_role
from shared.contracts.base import to_json
from shared.contracts.parts import Quantity
from shared.events.ids import uuid7

MERCHANT = has_role("fulfilment", "support")


class LineOutput(serializers.Serializer[Any]):
    sku = serializers.CharField()
    title = serializers.CharField()
    options = serializers.CharField()
    product_id = serializers.UUIDField()
    quantity = serializers.IntegerField()
    unit_price = MoneyShape()
    total = MoneyShape()


class TransitionOutput(serializers.Serializer[Any]):
    status = serializers.CharField()
    at = serializers.DateTimeField()
    note = serializers.CharField()


class OrderOutput(serializers.Serializer[Any]):
    """An order with its lines, totals (subtotal, discount, shipping, tax, total, paid, refunded,
    charged_back: what the bank took back) and its transitions so far."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.CharField()
    email = serializers.EmailField()
    placed_at = serializers.DateTimeField()
    lines = LineOutput(many=True)
    totals = serializers.DictField(child=MoneyShape())
    timeline = TransitionOutput(many=True)
    shipping_address = serializers.DictField()
    shipping_title = serializers.CharField()
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    cancel_reason = serializers.CharField()
    may_be_cancelled = serializers.BooleanField()
    may_be_paid = serializers.BooleanField()
    expires_at = serializers.DateTimeField(allow_null=True)


ORDER = OrderOutput()


def shape(order: Order) -> dict[str, Any]:
    """The JSON of an order."""
    shaped: dict[str, Any] = ORDER.to_representation(queries.view_order(order))
    return shaped


def visible_order(request: Request, order_id: UUID) -> Order:
    return queries.get_order_for(order_id, api_principal(request), read_order_token(request))


class OrdersView(APIView):
    """The caller's orders, newest first."""

    pagination_class = Pages

    @extend_schema(responses=OrderOutput(many=True))
    def get(self, request: Request) -> Response:
        principal = api_caller(request)
        pages = self.pagination_class()
        orders = pages.paginate_queryset(queries.list_orders_of(principal.user_id), request)
        return pages.get_paginated_response([shape(order) for order in orders or ()])


class OrderView(APIView):
    """One order, for its owner or whoever has its token."""

    permission_classes = [AllowAny]
    common_parameters = ORDER_TOKEN_PARAMETERS

    @extend_schema(responses=OrderOutput)
    def get(self, request: Request, order_id: UUID) -> Response:
        return Response(shape(visible_order(request, order_id)))


class FindInput(Input):
    number = serializers.CharField(max_length=20)
    email = serializers.EmailField(max_length=254)


class FindView(APIView):
    """Has a link to an order mailed to the order's address. The answer is the same whether there
    is such an order or not."""

    permission_classes = [AllowAny]

    @extend_schema(request=FindInput, responses={202: None})
    def post(self, request: Request) -> Response:
        body = read(FindInput, request.data)
        operations.mail_link(**body, now=timezone.now())
        return Response(status=202)


class CancelView(APIView):
    """Calls an order off before its parcel leaves; what was paid goes back."""

    permission_classes = [AllowAny]
    common_parameters = ORDER_TOKEN_PARAMETERS

    @extend_schema(request=None, responses=OrderOutput)
    def post(self, request: Request, order_id: UUID) -> Response:
        read_nothing(request)
        visible_order(request, order_id)
        principal = api_principal(request)
        staff = principal is not None and principal.has_role(*queries.STAFF)
        order = operations.cancel_order(
            order_id=order_id,
            reason="merchant" if staff else "customer",
            actor=queries.actor_of(principal),
            now=timezone.now(),
        )
        return Response(shape(order))


class QuantityInput(Input):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=10_000)


class ReturnInput(Input):
    lines = QuantityInput(many=True, allow_empty=False)
    reason = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)


class ReturnOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    lines = QuantityInput(many=True)
    reason = serializers.CharField()
    requested_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField(allow_null=True)


class ReturnsView(APIView):
    """Asks to send goods back; once for an Idempotency-Key, which belongs to the order."""

    permission_classes = [AllowAny]
    common_parameters = ORDER_TOKEN_PARAMETERS

    @extend_schema(parameters=[key_parameter()], request=ReturnInput, responses={201: ReturnOutput})
    def post(self, request: Request, order_id: UUID) -> Response:
        visible_order(request, order_id)
        key = find_key(request)
        body = read(ReturnInput, request.data)
        made = operations.request_return(
            order_id=order_id,
            return_id=name_effect(order_id, "return", key) or uuid7(),
            lines=[Quantity(**line) for line in body["lines"]],
            reason=body["reason"],
            now=timezone.now(),
        )
        return Response(ReturnOutput(made).data, status=201)


class ReceiveReturnView(APIView):
    """The goods are back: restock and refund."""

    permission_classes = [MERCHANT]

    @extend_schema(request=None, responses=ReturnOutput)
    def post(self, request: Request, return_id: UUID) -> Response:
        read_nothing(request)
        received = operations.receive_return(return_id=return_id, now=timezone.now())
        return Response(ReturnOutput(received).data)


class ShipInput(Input):
    carrier = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)
    tracking_number = serializers.CharField(
        max_length=80, required=False, default="", allow_blank=True
    )


class ShipView(APIView):
    """The parcel left."""

    permission_classes = [MERCHANT]

    @extend_schema(request=ShipInput, responses=OrderOutput)
    def post(self, request: Request, order_id: UUID) -> Response:
        body = read(ShipInput, request.data)
        order = operations.ship_order(
            order_id=order_id,
            actor=queries.actor_of(api_principal(request)),
            now=timezone.now(),
            **body,
        )
        return Response(shape(order))


class DeliverView(APIView):
    """The parcel arrived."""

    permission_classes = [MERCHANT]

    @extend_schema(request=None, responses=OrderOutput)
    def post(self, request: Request, order_id: UUID) -> Response:
        read_nothing(request)
        order = operations.deliver_order(
            order_id=order_id, actor=queries.actor_of(api_principal(request)), now=timezone.now()
        )
        return Response(shape(order))


class RefundInput(Input):
    amount = AmountInput(min_value=Decimal(0))
    reason = serializers.CharField(max_length=100)


class RefundOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    amount = MoneyShape()
    reason = serializers.CharField()
    requested_at = serializers.DateTimeField()


class RefundView(APIView):
    """Sends money back, all or part of it; the provider's confirmation follows as a fact. Once
    for an Idempotency-Key, which belongs to the order."""

    permission_classes = [MERCHANT]

    @extend_schema(parameters=[key_parameter()], request=RefundInput, responses={202: RefundOutput})
    def post(self, request: Request, order_id: UUID) -> Response:
        key = find_key(request)
        body = read(RefundInput, request.data)
        refund = operations.refund_order(
            order_id=order_id,
            refund_id=name_effect(order_id, "refund", key),
            actor=queries.actor_of(api_principal(request)),
            now=timezone.now(),
            **body,
        )
        return Response(
            {
                "id": refund.id,
                "amount": to_json(refund.order.money(refund.amount)),
                "reason": refund.reason,
                "requested_at": refund.requested_at,
            },
            status=202,
        )
