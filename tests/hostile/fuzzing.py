"""schemathesis on one service's OpenAPI document, as somebody, with things of theirs to name."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.journeys.shop import Buyer, Shop, eventually

ROOT = Path(__file__).resolve().parents[2]
IS_DEEP = "SOUK_FUZZ_EXAMPLES" in os.environ
EXAMPLES = os.environ.get("SOUK_FUZZ_EXAMPLES", "10")
PHASES = "examples,coverage,fuzzing,stateful" if IS_DEEP else "fuzzing,stateful"
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)
SHOWN = 12_000


@dataclass(frozen=True)
class Caller:
    """Who asks: somebody with an email and a password, or nobody. `things` are ids, by parameter,
    that half of the requests name; `spares` is what is not called. Whoever is careful does not go
    on with the ids in earlier answers: a merchant could take away the shop."""

    email: str = ""
    password: str = ""
    things: Mapping[str, str] = field(default_factory=dict)
    spares: Sequence[str] = ()
    is_careful: bool = False


def fuzz(shop: Shop, service: str, caller: Caller, folder: Path) -> None:
    """Fails with schemathesis' own report."""
    config = folder / "schemathesis.toml"
    config.write_text("\n".join(_settings(caller)))
    command = [str(Path(sys.executable).with_name("schemathesis")), f"--config-file={config}"]
    command += ["run", f"{shop.url}/{service}/api/v1/schema/", f"--checks={CHECKS}"]
    command += [f"--phases={PHASES}", f"--max-examples={EXAMPLES}"]
    command += ["--continue-on-failure", "--warnings=off", "--no-shrink"]
    ran = subprocess.run(
        command, cwd=folder, env=_environment(shop, caller), capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout[-SHOWN:] + ran.stderr


def _environment(shop: Shop, caller: Caller) -> dict[str, str]:
    if not caller.email:
        return dict(os.environ)
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SCHEMATHESIS_HOOKS": "tests.hostile.signing",
        "SOUK_FUZZ_SHOP": shop.url,
        "SOUK_FUZZ_EMAIL": caller.email,
        "SOUK_FUZZ_PASSWORD": caller.password,
    }


def _settings(caller: Caller) -> Iterator[str]:
    yield "[cache]\nenabled = false"
    for name, value in caller.things.items():
        yield f"[dictionaries.{name}]\nvalues = [{json.dumps(value)}]"
    yield "[parameters]"
    for name in caller.things:
        for key in (f"path.{name}", f"query.{name}", f"body.{name}"):
            yield f'{json.dumps(key)} = {{ dictionary = "{name}", probability = 0.5 }}'
    if caller.spares:
        yield f"[[operations]]\ninclude-name = {json.dumps(list(caller.spares))}\nenabled = false"
    if caller.is_careful:
        yield "[phases.stateful]\nenabled = false"


def lay_out(shop: Shop, mia: Buyer, alice: Buyer) -> dict[str, str]:
    """A product of Mia's with a review, an order of Alice's that is paid and one that is
    delivered: their ids by the names that the documents have for them."""
    product = _product(mia, "FUZZ-" + alice.key[:8])
    things = {"slug": product["slug"], "sku": product["variants"][0]["sku"]}
    things |= {"product_id": product["id"], "product": product["id"]}
    eventually(lambda: "available" in shop.stock(things["sku"]))
    shop.set_stock(things["sku"], 1000)
    eventually(lambda: alice.add(things["sku"]).status_code == 200)
    things["order_id"] = alice.place_order()
    assert alice.pay(things["order_id"]).status_code == 200
    alice.await_status(things["order_id"], "paid")
    alice.add(things["sku"])
    return {**things, **_things_of(alice, things["product_id"])}


def _product(mia: Buyer, sku: str) -> dict[str, Any]:
    body = {
        "title": f"Fuzz {sku}",
        "status": "active",
        "variants": [{"sku": sku, "price": {"amount": "5.00", "currency": "EUR"}}],
    }
    made = mia.ask("POST", "/catalog/api/v1/products/", body)
    assert made.status_code == 201, made.text
    product: dict[str, Any] = made.json()
    return product


def _things_of(alice: Buyer, product_id: str) -> dict[str, str]:
    review = {"product_id": product_id, "rating": 4, "title": "Good", "body": "It is good."}
    made = eventually(lambda: _answer(alice, "/reviews/api/v1/reviews/", review))
    messages = eventually(lambda: alice.ask("GET", "/notify/api/v1/messages/").json()["results"])
    return {"review_id": made["id"], "message_id": messages[0]["id"]}


def _answer(buyer: Buyer, path: str, body: Any) -> dict[str, Any] | None:
    answer = buyer.ask("POST", path, body)
    return answer.json() if answer.status_code == 201 else None
