"""A person's messages and wishes as JSON."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from notify import operations, queries
from notify.models import InboxMessage
from shared.api.input import Input, read, read_nothing
from shared.auth.permissions import api_principal


def caller(request: Request) -> UUID:
    principal = api_principal(request)
    if principal is None:
        raise NotAuthenticated()
    return principal.user_id


class ChoiceOutput(serializers.Serializer[Any]):
    title = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    mail = serializers.BooleanField()
    inbox = serializers.BooleanField()


CHOICE = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        **{name: {"type": "boolean"} for name in ("required", "mail", "inbox")},
    },
    "required": ["title", "required", "mail", "inbox"],
}
PREFERENCES = {(200, "application/json"): {"type": "object", "additionalProperties": CHOICE}}
WISHES = {"type": "object", "additionalProperties": {"type": "boolean"}}


class PreferencesInput(Input):
    """Topic to channel to wish: {"order_shipped": {"mail": false}}."""

    changes = serializers.DictField(child=serializers.DictField(child=serializers.BooleanField()))


class PreferencesView(APIView):
    """What the caller wants to hear of, and how: {"order_shipped": {"mail": true, "inbox": true,
    "required": false, "title": "…"}, …}. PATCH takes any part: {"order_shipped": {"mail": false}}.
    """

    @extend_schema(responses=PREFERENCES)
    def get(self, request: Request) -> Response:
        choices = queries.list_preferences(caller(request))
        return Response({choice.topic: ChoiceOutput(choice).data for choice in choices})

    @extend_schema(
        request={"application/json": {"type": "object", "additionalProperties": WISHES}},
        responses=PREFERENCES,
    )
    def patch(self, request: Request) -> Response:
        body = read(PreferencesInput, {"changes": request.data})
        operations.change_preferences(user_id=caller(request), changes=body["changes"])
        return self.get(request)


class MessageOutput(serializers.ModelSerializer[InboxMessage]):
    class Meta:
        model = InboxMessage
        fields = ("id", "topic", "title", "body", "url", "created_at", "read_at")


@extend_schema(parameters=[OpenApiParameter("unread", bool, description="Only unread ones")])
class MessagesView(generics.ListAPIView[InboxMessage]):
    """The caller's messages, newest first."""

    serializer_class = MessageOutput
    queryset = InboxMessage.objects.none()

    def get_queryset(self) -> QuerySet[InboxMessage]:
        unread = self.request.query_params.get("unread", "") in ("1", "true")
        return queries.list_messages(caller(self.request), unread_only=unread)


class ReadView(APIView):
    """Marks a message as read."""

    @extend_schema(request=None, responses=MessageOutput)
    def post(self, request: Request, message_id: UUID) -> Response:
        read_nothing(request)
        message = operations.mark_read(
            user_id=caller(request), message_id=message_id, now=timezone.now()
        )
        return Response(MessageOutput(message).data)


class ReadAllOutput(serializers.Serializer[Any]):
    read = serializers.IntegerField()


class ReadAllView(APIView):
    """Marks all messages as read."""

    @extend_schema(request=None, responses=ReadAllOutput, operation_id="messages_read_all")
    def post(self, request: Request) -> Response:
        read_nothing(request)
        return Response(
            {"read": operations.mark_all_read(user_id=caller(request), now=timezone.now())}
        )
