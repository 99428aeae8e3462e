"""Payments as JSON for whoever owns the order or holds its token, and the provider's webhooks."""

import time
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone
from djstripe.views import ProcessWebhookView
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from payments import clients, operations, queries
from payments.models import Payment
from shared.api.input import Input, read
from shared.api.shapes import ORDER_TOKEN_PARAMETERS, MoneyShape
from shared.auth.capabilities import read_order_token
from shared.auth.permissions import api_principal
from shared.errors import PROBLEM_JSON, problem

# An order's facts reach us within milliseconds; a client that is quicker waits for them.
PATIENCE = 10
STEP_SECONDS = 0.05


class PaymentOutput(serializers.Serializer[Any]):
    """`status` is pending (being prepared), requires_payment, requires_action (3-D Secure),
    processing, succeeded or cancelled. `client_secret` and `publishable_key` are for Stripe.js."""

    order_id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.CharField()
    amount = MoneyShape(allow_null=True)
    client_secret = serializers.CharField(allow_null=True)
    publishable_key = serializers.CharField()
    last_error = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)


class ConfirmInput(Input):
    """A payment method's id at the provider, such as pm_card_visa."""

    payment_method = serializers.RegexField(r"^[A-Za-z0-9_]+$", max_length=100)


PAYMENT = PaymentOutput()


def _shape(view: queries.PaymentView) -> Response:
    return Response(PAYMENT.to_representation(view))


def _visible(request: Request, order_id: UUID) -> Payment:
    token = read_order_token(request)
    return queries.get_payment_for(order_id, api_principal(request), token)


class PaymentView(APIView):
    """How the payment of an order stands."""

    permission_classes = [AllowAny]
    common_parameters = ORDER_TOKEN_PARAMETERS

    @extend_schema(responses=PaymentOutput)
    def get(self, request: Request, order_id: UUID) -> Response:
        try:
            payment = _visible(request, order_id)
        except queries.PaymentNotReady:
            return _shape(queries.view_arriving(order_id))
        return _shape(queries.view_payment(payment, timezone.now()))


class ConfirmView(APIView):
    """Pays with a payment method. A decline is a 402 with the provider's `decline_code`; the
    order may be paid with another one then."""

    permission_classes = [AllowAny]
    common_parameters = ORDER_TOKEN_PARAMETERS

    @extend_schema(request=ConfirmInput, responses=PaymentOutput)
    def post(self, request: Request, order_id: UUID) -> Response:
        _await_arrival(request, order_id)
        body = read(ConfirmInput, request.data)
        payment = operations.confirm_payment(order_id=order_id, now=timezone.now(), **body)
        return _shape(queries.view_payment(payment, timezone.now()))


def _await_arrival(request: Request, order_id: UUID) -> None:
    for _ in range(PATIENCE):
        try:
            _visible(request, order_id)
        except queries.PaymentNotReady:
            time.sleep(STEP_SECONDS)
        else:
            return
    _visible(request, order_id)


class StripeWebhookView(ProcessWebhookView):  # type: ignore[misc]
    """dj-stripe's view behind a check of the signature, so that forged events leave no row."""

    def post(self, request: HttpRequest, uuid: UUID) -> HttpResponseBase:
        endpoint = operations.get_endpoint(uuid)
        header = request.headers.get("Stripe-Signature", "")
        if not clients.is_signed(body=request.body, header=header, secret=endpoint.secret):
            body = problem(status=400, code="bad_signature", title="The signature is not valid")
            return JsonResponse(body, status=400, content_type=PROBLEM_JSON)
        answer: HttpResponseBase = super().post(request, uuid)
        return answer
