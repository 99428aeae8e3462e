"""Who is calling, as a verified token says it."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

STAFF_ROLES = frozenset({"owner", "catalogue", "fulfilment", "support", "analyst"})


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in person. `via` is "session" when the token was minted from a browser's cookie:
    then every unsafe method needs a CSRF token as well. The issuer refuses a `generation` that is
    not the account's present one: it was ended by a new password or by signing out everywhere."""

    user_id: UUID
    email: str
    name: str = ""
    roles: frozenset[str] = field(default_factory=frozenset)
    via: Literal["session", "bearer"] = "bearer"
    token_id: str = ""
    generation: int = 0

    is_authenticated = True
    is_anonymous = False
    is_active = True

    @property
    def pk(self) -> UUID:
        return self.user_id

    @property
    def is_staff(self) -> bool:
        return bool(self.roles & STAFF_ROLES)

    def has_role(self, *roles: str) -> bool:
        """True when the person has one of the roles; an owner has them all."""
        return "owner" in self.roles or bool(self.roles & set(roles))

    def __str__(self) -> str:
        return self.email
