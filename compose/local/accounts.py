"""The demo shop's people. The only place that knows their addresses and passwords."""

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Account:
    """`role` is what users gives the account: merchant, operator or shopper."""

    name: str
    role: str
    email: str
    password: str

    @property
    def login(self) -> dict[str, str]:
        return {"email": self.email, "password": self.password}


MERCHANT = Account("Mia", "merchant", "mia@souk.example", "mia-demo-pass-1")
OPERATOR = Account("Otto", "operator", "otto@souk.example", "otto-demo-pass-1")
SHOPPERS = (
    Account("Alice", "shopper", "alice@souk.example", "alice-demo-pass-1"),
    Account("Bob", "shopper", "bob@souk.example", "bob-demo-pass-1"),
)
EVERYONE = (MERCHANT, OPERATOR, *SHOPPERS)


def by_role() -> dict[str, Any]:
    """{"merchant": {"email", "password"}, "operator": {…}, "shoppers": [{…}, …]}."""
    return {
        "merchant": MERCHANT.login,
        "operator": OPERATOR.login,
        "shoppers": [shopper.login for shopper in SHOPPERS],
    }


def as_json() -> str:
    """The value of SOUK_DEMO_ACCOUNTS: a list of {name, role, email, password}."""
    return json.dumps([asdict(account) for account in EVERYONE])
