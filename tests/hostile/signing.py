"""What schemathesis loads when somebody asks: SOUK_FUZZ_EMAIL, with a token that is still good.

A run on one service takes longer than a token lives.
"""

import os

import httpx
import schemathesis

RENEWED_EVERY = 240  # seconds; a token lives for 600


@schemathesis.auth(refresh_interval=RENEWED_EVERY)
class SignedIn:
    def get(self, case: schemathesis.Case, ctx: schemathesis.AuthContext) -> str:
        account = {
            "email": os.environ["SOUK_FUZZ_EMAIL"],
            "password": os.environ["SOUK_FUZZ_PASSWORD"],
        }
        answer = httpx.post(os.environ["SOUK_FUZZ_SHOP"] + "/users/api/v1/token/", json=account)
        # Who has closed the account goes on with what they had, which is refused.
        return answer.json().get("access", "closed")

    def set(self, case: schemathesis.Case, data: str, ctx: schemathesis.AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"
