"""What every OpenAPI document says beyond what drf-spectacular finds: roles and problems."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from shared.auth.permissions import HasRole

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "A sentence for a person"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Never changes; the one to program against"},
        "detail": {"type": "string"},
        "request_id": {"type": "string", "description": "To quote when asking for help"},
        "errors": {"description": "Of a wrong body: sentences by field"},
    },
    "required": ["code", "detail", "request_id", "status", "title", "type"],
}


class ApiSchema(AutoSchema):
    """Adds `x-roles`, the staff roles of which a caller needs one, and the parameters that all
    methods of a view take: its `common_parameters`."""

    def get_override_parameters(self) -> list[Any]:
        common = getattr(self.view, "common_parameters", ())
        return [*super().get_override_parameters(), *common]

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        roles = {
            role
            for permission in self.view.get_permissions()
            if isinstance(permission, HasRole)
            for role in permission.roles
        }
        if operation and roles:
            operation["x-roles"] = sorted({"owner", *roles})
        return operation


def describe_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A postprocessing hook: whatever else an operation answers is a problem document."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    refusal = {
        "description": "A refusal, with a stable code",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"].setdefault("default", refusal)
    return result
