"""Events: written in the transaction of the change, with one delivery per interested endpoint."""

from __future__ import annotations

import random

from .context import API_VERSION, Context, public
from .errors import Json
from .ids import new_id
from .params import Params
from .store import Query


def record(ctx: Context, event_type: str, item: Json, *, previous: Json | None = None) -> Json:
    """Write the event with a snapshot of `item`; `previous` holds the members that changed."""
    data: Json = {"object": public(item)}
    if previous is not None:
        data["previous_attributes"] = previous
    event: Json = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": ctx.now,
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": ctx.request_id, "idempotency_key": ctx.idempotency_key},
        "type": event_type,
    }
    ctx.tx.put(event)
    for endpoint in ctx.tx.select(Query("webhook_endpoint")):
        if wants(endpoint, event_type):
            _queue(ctx, event["id"], endpoint["id"])
    return event


def wants(endpoint: Json, event_type: str) -> bool:
    """Whether the endpoint is to be told."""
    names = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in names or event_type in names)


def _queue(ctx: Context, event_id: str, endpoint_id: str) -> None:
    delay = ctx.faults["webhook_delay_ms"] / 1000
    if ctx.faults["webhook_shuffle"]:
        delay += random.uniform(0, 0.5)
    ctx.tx.db.execute(
        "INSERT INTO deliveries (event, endpoint, due) VALUES (?, ?, ?)",
        (event_id, endpoint_id, ctx.moment + delay),
    )
    ctx.tx.wakes = True


def shown(ctx: Context, event: Json) -> Json:
    """The event with the number of endpoints that have not confirmed it yet."""
    row = ctx.tx.db.execute(
        "SELECT count(*) FROM deliveries WHERE event = ? AND state = 'pending'", (event["id"],)
    ).fetchone()
    return {**public(event), "pending_webhooks": row[0]}


def retrieve(ctx: Context, params: Params, event_id: str) -> Json:
    """GET /v1/events/{id}."""
    return shown(ctx, ctx.tx.get("event", event_id))
