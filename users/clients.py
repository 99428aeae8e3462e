"""The token library: SimpleJWT's tokens, signed with the shop's rotating RSA keys."""

import base64
import hashlib
from functools import lru_cache
from typing import Any

import jwt
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from rest_framework_simplejwt.tokens import AccessToken as BaseAccessToken
from rest_framework_simplejwt.tokens import RefreshToken as BaseRefreshToken

from shared.auth.tokens import JwksTokenBackend
from users.models import SigningKey, User


def new_key_pair() -> tuple[bytes, dict[str, Any]]:
    """(encrypted private key, public JWK) of a fresh 2048-bit RSA key."""
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(private_key.public_key(), as_dict=True)
    kid = hashlib.sha256(jwk["n"].encode()).hexdigest()[:16]
    return _fernet().encrypt(pem), {**jwk, "kid": kid, "use": "sig", "alg": "RS256"}


def _fernet() -> Fernet:
    digest = hashlib.sha256(b"signing-keys:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


@lru_cache(maxsize=4)
def _private_key(kid: str, encrypted: bytes) -> Any:
    return serialization.load_pem_private_key(_fernet().decrypt(encrypted), password=None)


class SigningTokenBackend(JwksTokenBackend):
    """Signs with the newest key and names it in the token's header."""

    def encode(self, payload: dict[str, Any]) -> str:
        key = SigningKey.objects.order_by("-created_at")[0]
        return jwt.encode(
            {**payload, "iss": self.issuer},
            _private_key(key.kid, bytes(key.encrypted_private_key)),
            algorithm="RS256",
            headers={"kid": key.kid},
        )


def _backend() -> SigningTokenBackend:
    return SigningTokenBackend("RS256", issuer=settings.SIMPLE_JWT["ISSUER"])


class AccessToken(BaseAccessToken):
    """What services verify: who, in which roles, and how the person signed in."""

    _token_backend = _backend()

    @classmethod
    def of(cls, user: User, *, via: str) -> "AccessToken":
        token = cls()
        token["sub"] = str(user.pk)
        token["email"] = user.email
        token["name"] = user.name
        token["roles"] = sorted(user.roles)
        token["via"] = via
        token["gen"] = user.token_generation
        return token


class RefreshToken(BaseRefreshToken):
    """Good for one new pair; then it is blacklisted."""

    _token_backend = _backend()

    @classmethod
    def of(cls, user: User) -> "RefreshToken":
        token = cls.for_user(user)
        assert isinstance(token, cls)
        token["gen"] = user.token_generation
        return token
