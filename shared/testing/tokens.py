"""Real RS256 access tokens for tests, in the shape that the users service issues."""

import time
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.auth.principal import Principal


class TestIssuer:
    """Signs with a fresh key of its own name, since Redis remembers keys from run to run; also
    stands in for the key set (`get`) that verification asks."""

    __test__ = False

    def __init__(self, kid: str = "") -> None:
        self.kid = kid or uuid4().hex
        self.private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def get(self, kid: str) -> Any | None:
        return self.private_key.public_key() if kid == self.kid else None

    def claims(self, person: Principal, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        return {
            "token_type": "access",
            "iss": "souk",
            "sub": str(person.user_id),
            "email": person.email,
            "name": person.name,
            "roles": sorted(person.roles),
            "iat": now,
            "exp": now + 300,
            "jti": uuid4().hex,
            **changes,
        }

    def access_token(self, person: Principal, **changes: Any) -> str:
        return jwt.encode(
            self.claims(person, **changes),
            self.private_key,
            algorithm="RS256",
            headers={"kid": self.kid},
        )
