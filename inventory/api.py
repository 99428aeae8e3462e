"""Stock as JSON: anybody may look, merchants may adjust."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inventory import operations, queries
from inventory.models import StockItem, StockMovement
from shared.api.idempotency import find_key, key_parameter, name_effect
from shared.api.input import Input, read
from shared.auth.permissions import api_caller, has_role


class StockOutput(serializers.ModelSerializer[StockItem]):
    """What is not `tracked` can be bought in any number, whatever the level says."""

    available = serializers.IntegerField()

    class Meta:
        model = StockItem
        fields = ("sku", "on_hand", "reserved", "available", "tracked")


class StockView(APIView):
    """How many units of a SKU there are."""

    permission_classes = [AllowAny]

    @extend_schema(responses=StockOutput)
    def get(self, request: Request, sku: str) -> Response:
        return Response(StockOutput(queries.get_stock(sku)).data)


class AdjustInput(Input):
    delta = serializers.IntegerField(
        min_value=-operations.MAX_UNITS, max_value=operations.MAX_UNITS
    )
    reason = serializers.CharField(max_length=200)


class AdjustView(APIView):
    """A merchant found or lost units; once for an Idempotency-Key, which belongs to the merchant.
    Its answer is the stock as it is now."""

    permission_classes = [has_role("fulfilment", "catalogue")]

    @extend_schema(parameters=[key_parameter()], request=AdjustInput, responses=StockOutput)
    def post(self, request: Request, sku: str) -> Response:
        key = find_key(request)
        body = read(AdjustInput, request.data)
        principal = api_caller(request)
        item = operations.adjust_stock(
            sku=sku,
            actor=str(principal),
            movement_id=name_effect(principal.user_id, "adjustment", key),
            now=timezone.now(),
            **body,
        )
        return Response(StockOutput(item).data)


class MovementOutput(serializers.ModelSerializer[StockMovement]):
    class Meta:
        model = StockMovement
        fields = ("id", "kind", "delta", "reason", "order_id", "actor", "created_at")


class MovementsView(generics.ListAPIView[StockMovement]):
    """The ledger of a SKU, newest first."""

    permission_classes = [has_role("fulfilment", "catalogue", "analyst")]
    serializer_class = MovementOutput
    queryset = StockMovement.objects.none()

    def get_queryset(self):  # type: ignore[no-untyped-def]
        return queries.list_movements(self.kwargs["sku"])
