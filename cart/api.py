"""Carts as JSON: the caller's own one, by account, by X-Cart-Token or by the cart cookie."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cart import operations, queries
from cart.models import MAX_QUANTITY, Cart, Checkout
from shared.addresses import clean_address, read_country
from shared.api.idempotency import find_key, key_parameter, read_key
from shared.api.input import Input, read, read_nothing
from shared.api.shapes import CountryInput, MoneyShape
from shared.auth.authentication import enforce_csrf
from shared.auth.capabilities import mint_capability
from shared.auth.permissions import api_principal
from shared.contracts.parts import Address
from shared.errors import InvalidInput
from shared.money import Money

TOKEN_HEADER = "X-Cart-Token"


class EmailRequired(InvalidInput):
    code = "email_required"
    title = "A guest's checkout needs an e-mail address"


class LineOutput(serializers.Serializer[Any]):
    sku = serializers.CharField()
    title = serializers.CharField(source="offer.title")
    options = serializers.CharField(source="offer.options")
    product_id = serializers.UUIDField(source="offer.product_id")
    quantity = serializers.IntegerField()
    unit_price = MoneyShape()
    total = MoneyShape()
    available = serializers.IntegerField(allow_null=True)
    problem = serializers.CharField()


class CartOutput(serializers.Serializer[Any]):
    """A cart with today's prices; `tax` is contained in `total`. `discounts` names the code."""

    id = serializers.UUIDField(allow_null=True)
    lines = LineOutput(many=True)
    coupon = serializers.CharField()
    coupon_problem = serializers.CharField()
    discounts = serializers.SerializerMethodField()
    subtotal = MoneyShape(source="totals.subtotal")
    discount = MoneyShape(source="totals.discount")
    shipping = MoneyShape(allow_null=True)
    tax = MoneyShape(source="totals.tax")
    total = MoneyShape(source="totals.total")

    def get_discounts(self, view: queries.CartView) -> list[dict[str, Any]]:
        if not view.totals.discount:
            return []
        return [{"code": view.coupon, "amount": view.totals.discount.to_json()}]


CART = CartOutput()


class CartAPIView(APIView):
    """Knows whose cart it is. A guest who holds it by cookie needs the CSRF token to change it."""

    permission_classes = [AllowAny]
    common_parameters = (
        OpenApiParameter(TOKEN_HEADER, str, "header", description="Which cart, for a guest"),
        OpenApiParameter(TOKEN_HEADER, str, "header", response=True),
    )

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        principal = api_principal(request)
        header = request.headers.get(TOKEN_HEADER)
        cookie = request.COOKIES.get(settings.CART_COOKIE["key"])
        if principal is None and not header and cookie is not None:
            enforce_csrf(request._request)
        self.owner = queries.get_owner(principal.user_id if principal else None, header, cookie)
        operations.merge_guest_cart(owner=self.owner, now=timezone.now())

    def answer(self, cart: Cart | None, status: int = 200) -> Response:
        view = queries.view_cart(cart, now=timezone.now())
        response = Response(CART.to_representation(view), status=status)
        if cart is not None:
            response[TOKEN_HEADER] = cart.token
            response.set_cookie(value=queries.cookie_of(cart), **settings.CART_COOKIE)
        return response


class CartView(CartAPIView):
    """The caller's cart; an empty one where there is none."""

    @extend_schema(responses=CartOutput)
    def get(self, request: Request) -> Response:
        return self.answer(queries.find_cart(self.owner))


class ItemInput(Input):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)


class ItemsView(CartAPIView):
    """Puts something into the cart: once, however often a request with the same Idempotency-Key
    and body comes within a day. Its answer is the cart as it is now."""

    @extend_schema(parameters=[key_parameter()], request=ItemInput, responses=CartOutput)
    def post(self, request: Request) -> Response:
        key = find_key(request)
        item = read(ItemInput, request.data)
        now = timezone.now()
        if key is None:
            return self.answer(operations.add_item(owner=self.owner, now=now, **item))
        return self.answer(operations.add_item_once(owner=self.owner, key=key, now=now, **item))


class QuantityInput(Input):
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)


class ItemView(CartAPIView):
    """One line of the cart."""

    @extend_schema(request=QuantityInput, responses=CartOutput)
    def patch(self, request: Request, sku: str) -> Response:
        change = read(QuantityInput, request.data)
        cart = operations.set_quantity(owner=self.owner, sku=sku, now=timezone.now(), **change)
        return self.answer(cart)

    @extend_schema(responses={200: CartOutput})
    def delete(self, request: Request, sku: str) -> Response:
        read_nothing(request)
        cart = operations.remove_item(owner=self.owner, sku=sku, now=timezone.now())
        return self.answer(cart)


class CouponInput(Input):
    code = serializers.CharField(max_length=40)


class CouponView(CartAPIView):
    """The cart's discount code."""

    @extend_schema(request=CouponInput, responses=CartOutput)
    def post(self, request: Request) -> Response:
        coupon = read(CouponInput, request.data)
        cart = operations.apply_coupon(owner=self.owner, now=timezone.now(), **coupon)
        return self.answer(cart)

    @extend_schema(responses={200: CartOutput})
    def delete(self, request: Request) -> Response:
        read_nothing(request)
        return self.answer(operations.remove_coupon(owner=self.owner))


class QuoteOutput(serializers.Serializer[Any]):
    code = serializers.CharField(source="method.code")
    title = serializers.CharField(source="method.title")
    note = serializers.CharField(source="method.note")
    price = MoneyShape(source="shipping")


class ShippingMethodsView(CartAPIView):
    """What each way to send the caller's cart to a country costs."""

    @extend_schema(
        parameters=[OpenApiParameter("country", str, description="ISO 3166-1 alpha-2")],
        responses=QuoteOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        country = read_country(request.query_params.get("country", ""))
        cart = queries.find_cart(self.owner)
        quotes = queries.quote_shipping(cart, country, timezone.now())
        return Response(QuoteOutput(quotes, many=True).data)


class AddressInput(Input):
    """What is needed beside name, first line and country is up to the country."""

    name = serializers.CharField(max_length=100)
    line1 = serializers.CharField(max_length=100)
    line2 = serializers.CharField(max_length=100, default="", allow_blank=True)
    postal_code = serializers.CharField(max_length=12, default="", allow_blank=True)
    city = serializers.CharField(max_length=80, default="", allow_blank=True)
    region = serializers.CharField(max_length=80, default="", allow_blank=True)
    country = CountryInput()
    phone = serializers.CharField(max_length=30, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        values, errors = clean_address(attrs)
        if errors:
            raise serializers.ValidationError(errors)
        return values


class CheckoutInput(Input):
    email = serializers.EmailField(required=False, max_length=254)
    shipping_address = AddressInput()
    billing_address = AddressInput(required=False, allow_null=True)
    shipping_method = serializers.CharField(max_length=40)
    expected_total = MoneyShape(required=False)


class CheckoutOutput(serializers.Serializer[Any]):
    """`access_token` is a guest's key to the order (X-Order-Token)."""

    order_id = serializers.UUIDField()
    order_url = serializers.CharField()
    access_token = serializers.CharField(required=False)


class CheckoutView(CartAPIView):
    """Hands the cart to orders. The same Idempotency-Key and body get the same answer."""

    @extend_schema(
        parameters=[key_parameter(required=True)],
        request=CheckoutInput,
        responses={202: CheckoutOutput},
    )
    def post(self, request: Request) -> Response:
        key = read_key(request)
        data = read(CheckoutInput, request.data)
        checkout = operations.check_out(
            owner=self.owner, key=key, request=_checkout_request(request, data), now=timezone.now()
        )
        return Response(_checkout_answer(checkout, self.owner), status=202)


def _checkout_request(request: Request, data: dict[str, Any]) -> operations.CheckoutRequest:
    principal = api_principal(request)
    email = data.get("email") or (principal.email if principal else "")
    if not email:
        raise EmailRequired(email=["This field is required."])
    billing = data.get("billing_address")
    total = data.get("expected_total")
    return operations.CheckoutRequest(
        email=email,
        shipping_address=Address(**data["shipping_address"]),
        billing_address=Address(**billing) if billing else None,
        shipping_method=data["shipping_method"],
        expected_total=Money(total["amount"], total["currency"]) if total else None,
    )


def _checkout_answer(checkout: Checkout, owner: queries.Owner) -> dict[str, Any]:
    answer = {"order_id": str(checkout.order_id), "order_url": f"/orders/{checkout.order_id}/"}
    if owner.customer_id is None:
        answer["access_token"] = mint_capability("order", checkout.order_id)
    return answer
