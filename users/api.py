"""Tokens, accounts and the questions that the gateway asks."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shared.api.input import Input, ModelInput, read, read_nothing
from shared.api.shapes import CountryInput
from shared.auth.permissions import api_caller
from shared.auth.tokens import InvalidToken, bearer_of, verify_access_token
from users import operations, queries
from users.models import Address, User


@require_safe
def authenticate(request: HttpRequest) -> HttpResponse:
    """Who asks, for the gateway: 204 with X-Access-Token for a live session or a good bearer token,
    204 without for a stranger, 401 for a bad bearer token."""
    try:
        raw = bearer_of(request)
        if raw is not None:
            if not queries.is_welcome(verify_access_token(raw)):
                raise InvalidToken()
            return _who(raw)
    except InvalidToken:
        return HttpResponse(status=401)
    return _who(_session_token(request))


def _who(token: str | None) -> HttpResponse:
    return HttpResponse(status=204, headers={"X-Access-Token": token} if token else {})


def _session_token(request: HttpRequest) -> str | None:
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    if (token := operations.cached_session_token(session_key=key)) is not None:
        return token
    if not isinstance(request.user, User):
        return None
    return operations.session_token(session_key=key, user=request.user)


@require_safe
def staff(request: HttpRequest) -> HttpResponse:
    """May this caller see the operators' tools: 204, or 401 for a stranger and 403 for others."""
    answer = authenticate(request)
    token = answer.headers.get("X-Access-Token")
    if token is None:
        return HttpResponse(status=401)
    return HttpResponse(status=204 if verify_access_token(token).is_staff else 403)


@require_safe
def jwks(request: HttpRequest) -> JsonResponse:
    """The public keys that verify the shop's tokens."""
    operations.ensure_signing_key()
    response = JsonResponse(queries.jwks_document())
    response["Cache-Control"] = "public, max-age=60"
    return response


class CredentialsInput(Input):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=128, trim_whitespace=False)


class AccountOutput(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "email", "name", "language", "roles", "date_joined")
        read_only_fields = ("id", "email", "roles", "date_joined")


class RegisterOutput(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "email")


class PairOutput(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()


class Open(APIView):
    """For anybody; a stale token in the request is no reason to refuse."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]


class RegisterView(Open):
    """Makes an account."""

    @extend_schema(request=CredentialsInput, responses={201: RegisterOutput})
    def post(self, request: Request) -> Response:
        body = read(CredentialsInput, request.data)
        user = operations.register_user(**body)
        return Response(RegisterOutput(user).data, status=201)


class TokenView(Open):
    """A token pair for an e-mail address and a password."""

    @extend_schema(request=CredentialsInput, responses=PairOutput)
    def post(self, request: Request) -> Response:
        body = read(CredentialsInput, request.data)
        return Response(operations.sign_in(**body))


class RefreshInput(Input):
    refresh = serializers.CharField(max_length=4000)


class RefreshView(Open):
    """A new pair for a refresh token, which is good once."""

    @extend_schema(request=RefreshInput, responses=PairOutput)
    def post(self, request: Request) -> Response:
        body = read(RefreshInput, request.data)
        return Response(operations.refresh_pair(raw=body["refresh"]))


class VerifyInput(Input):
    token = serializers.CharField(max_length=4000)


class VerifyView(Open):
    """200 for an access token that is good, 401 otherwise."""

    @extend_schema(request=VerifyInput, responses={200: None})
    def post(self, request: Request) -> Response:
        body = read(VerifyInput, request.data)
        if not queries.is_welcome(verify_access_token(body["token"])):
            raise InvalidToken()
        return Response({})


class LogoutInput(Input):
    refresh = serializers.CharField(max_length=4000, required=False, default="", allow_blank=True)


class LogoutView(APIView):
    """Ends the access token that is used and the refresh token that is sent."""

    @extend_schema(request=LogoutInput, responses={204: None})
    def post(self, request: Request) -> Response:
        body = read(LogoutInput, request.data)
        operations.sign_out(
            principal=api_caller(request),
            refresh=body["refresh"],
            lifetime=settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"],
            now=timezone.now(),
        )
        return Response(status=204)


class ProfileInput(Input):
    name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    language = serializers.ChoiceField(settings.LANGUAGES, required=False)


class ErasureInput(Input):
    password = serializers.CharField(
        max_length=128, trim_whitespace=False, required=False, default="", allow_blank=True
    )


class MeView(APIView):
    """The caller's account. DELETE erases the person everywhere, for the password; an account
    without one is answered `confirmation_by_mail` and gets a link that does it."""

    @extend_schema(responses=AccountOutput)
    def get(self, request: Request) -> Response:
        return Response(AccountOutput(queries.get_user(api_caller(request))).data)

    @extend_schema(request=ProfileInput, responses=AccountOutput)
    def patch(self, request: Request) -> Response:
        body = read(ProfileInput, request.data)
        user = operations.update_profile(user_id=api_caller(request).user_id, **body)
        return Response(AccountOutput(user).data)

    @extend_schema(request=ErasureInput, responses={204: None})
    def delete(self, request: Request) -> Response:
        body = read(ErasureInput, request.data)
        operations.erase_by_password(
            user_id=api_caller(request).user_id, **body, now=timezone.now()
        )
        return Response(status=204)


class ExportView(APIView):
    """Everything that the shop keeps of the caller. POST asks all services for their part, GET
    shows what has come so far; it is `complete` within seconds and goes after a week."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        return Response(queries.export_person(queries.get_user(api_caller(request))))

    @extend_schema(request=None, responses={202: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        read_nothing(request)
        caller = api_caller(request)
        operations.request_export(user_id=caller.user_id, now=timezone.now())
        return Response(queries.export_person(queries.get_user(caller)), status=202)


class AddressShape(ModelInput):
    """What is needed beside name, first line and country is up to the country."""

    country = CountryInput()

    class Meta:
        model = Address
        exclude = ("user", "created_at")
        read_only_fields = ("id",)


class AddressesView(APIView):
    """The caller's address book."""

    @extend_schema(responses=AddressShape(many=True))
    def get(self, request: Request) -> Response:
        addresses = queries.list_addresses(api_caller(request).user_id)
        return Response(AddressShape(addresses, many=True).data)

    @extend_schema(request=AddressShape, responses={201: AddressShape})
    def post(self, request: Request) -> Response:
        body = read(AddressShape, request.data)
        address = operations.save_address(user_id=api_caller(request).user_id, **body)
        return Response(AddressShape(address).data, status=201)


class AddressView(APIView):
    """One address of the caller's."""

    @extend_schema(request=AddressShape, responses=AddressShape)
    def patch(self, request: Request, address_id: UUID) -> Response:
        body = read(AddressShape, request.data, partial=True)
        address = operations.save_address(
            user_id=api_caller(request).user_id, address_id=address_id, **body
        )
        return Response(AddressShape(address).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, address_id: UUID) -> Response:
        read_nothing(request)
        operations.delete_address(user_id=api_caller(request).user_id, address_id=address_id)
        return Response(status=204)
