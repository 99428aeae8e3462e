"""Webhook endpoints: where events are delivered."""

from __future__ import annotations

from .context import Config, Context, public
from .errors import Json, MissingParameter
from .ids import new_id, token
from .params import Params, merge_metadata
from .store import Query, Tx


def create(ctx: Context, params: Params) -> Json:
    """POST /v1/webhook_endpoints: the only answer that holds the secret."""
    url = params.url("url")
    if url is None:
        raise MissingParameter("url")
    names = params.texts("enabled_events")
    if not names:
        raise MissingParameter("enabled_events")
    endpoint = _build(url, names, f"whsec_{token(32)}", ctx.now)
    endpoint["api_version"] = params.text("api_version")
    endpoint["description"] = params.text("description")
    endpoint["metadata"] = merge_metadata({}, params)
    ctx.tx.put(endpoint)
    return {**public(endpoint), "secret": endpoint["_secret"]}


def _build(url: str, names: list[str], secret: str, now: int) -> Json:
    return {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": None,
        "application": None,
        "created": now,
        "description": None,
        "enabled_events": names,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
        "_secret": secret,
    }


def ensure(tx: Tx, config: Config, now: int) -> None:
    """The endpoint named when the process was started: one row, moved where its address changes."""
    if config.webhook_url is None or config.webhook_secret is None:
        return
    known = [one for one in tx.select(Query("webhook_endpoint")) if one.get("_configured")]
    endpoint = known[0] if known else _build(config.webhook_url, ["*"], "", now)
    current = {"url": config.webhook_url, "_secret": config.webhook_secret, "_configured": True}
    tx.put({**endpoint, **current})


def retrieve(ctx: Context, params: Params, endpoint_id: str) -> Json:
    """GET /v1/webhook_endpoints/{id}."""
    return ctx.tx.get("webhook_endpoint", endpoint_id)


def update(ctx: Context, params: Params, endpoint_id: str) -> Json:
    """POST /v1/webhook_endpoints/{id}."""
    endpoint = ctx.tx.get("webhook_endpoint", endpoint_id)
    endpoint["url"] = params.url("url") or endpoint["url"]
    endpoint["enabled_events"] = params.texts("enabled_events") or endpoint["enabled_events"]
    disabled = params.flag("disabled")
    if disabled is not None:
        endpoint["status"] = "disabled" if disabled else "enabled"
    if "description" in params:
        endpoint["description"] = params.text("description")
    endpoint["metadata"] = merge_metadata(endpoint["metadata"], params)
    return ctx.tx.put(endpoint)


def delete(ctx: Context, params: Params, endpoint_id: str) -> Json:
    """DELETE /v1/webhook_endpoints/{id}: what was pending for it is dropped."""
    ctx.tx.get("webhook_endpoint", endpoint_id)
    ctx.tx.delete(endpoint_id)
    return {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}
