"""Lists with Stripe's cursors, and the expansion of ids into objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import events
from .context import Context, public
from .errors import BadRequest, Json
from .params import Params
from .store import COMPARISONS, Query

EXPANDABLE = frozenset(
    [
        "balance_transaction",
        "charge",
        "customer",
        "default_payment_method",
        "default_source",
        "failure_balance_transaction",
        "invoice",
        "latest_attempt",
        "latest_charge",
        "mandate",
        "on_behalf_of",
        "payment_intent",
        "payment_method",
        "review",
        "source",
        "transfer",
        "application",
    ]
)
WINDOW = ("limit", "starting_after", "ending_before", "created", "expand", "types")


@dataclass(frozen=True)
class Listing:
    """A GET of many: the kind, the filters it takes, and a fixed filter from the path."""

    kind: str
    filters: tuple[str, ...] = ()
    parent: str | None = None

    def __call__(self, ctx: Context, params: Params, *path: str) -> Json:
        """The page asked for, newest first."""
        limit = params.integer("limit", least=1, most=100) or 10
        query = self._query(ctx, params, path, limit + 1)
        found = ctx.tx.select(query)
        page = found[-limit:] if query.before is not None else found[:limit]
        page = [item for item in page if not item.get("deleted")]
        if self.kind == "event":
            page = [events.shown(ctx, item) for item in page]
        data = [public(item) for item in page]
        return {"object": "list", "data": data, "has_more": len(found) > limit}

    def _query(self, ctx: Context, params: Params, path: tuple[str, ...], limit: int) -> Query:
        where = {name: value for name in self.filters if (value := params.text(name))}
        if self.parent is not None:
            ctx.tx.get(self.parent, path[0])
            where[self.parent] = path[0]
        after, before = params.text("starting_after"), params.text("ending_before")
        if after and before:
            message = "Only one of `starting_after` and `ending_before` may be specified."
            raise BadRequest(message)
        position = ctx.tx.position
        return Query(
            self.kind,
            where=where,
            types=params.texts("types"),
            created=_created(params),
            after=position(self.kind, after, param="starting_after") if after else None,
            before=position(self.kind, before, param="ending_before") if before else None,
            limit=limit,
        )

    @property
    def known(self) -> tuple[str, ...]:
        """The parameters it takes."""
        return (*WINDOW, *self.filters)


def _created(params: Params) -> dict[str, int]:
    if isinstance(params.values.get("created"), str):
        moment = params.integer("created") or 0
        return {"gte": moment, "lte": moment}
    given = params.sub("created")
    given.only(COMPARISONS)
    return {name: value for name in given if (value := given.integer(name)) is not None}


def expand(ctx: Context, item: Json, params: Params) -> Json:
    """Replace the ids named in `expand[]` by their objects."""
    for path in params.texts("expand"):
        steps = path.split(".")
        if len(steps) > 4:
            raise BadRequest("You cannot expand more than 4 levels of a property.", param="expand")
        _expand(ctx, item, steps, path)
    return item


def _expand(ctx: Context, item: Json, steps: list[str], path: str) -> None:
    name, rest = steps[0], steps[1:]
    if name == "data" and item.get("object") == "list":
        for member in item["data"]:
            _expand(ctx, member, rest, path)
        return
    if name in ("refunds", "sources", "subscriptions", "tax_ids"):
        item[name] = _members(ctx, item, name)
    elif name not in item or name not in EXPANDABLE:
        raise BadRequest(f"This property cannot be expanded ({path}).", param="expand")
    elif isinstance(item[name], str):
        found = ctx.tx.find(item[name])
        item[name] = public(found) if found else item[name]
    if rest and isinstance(item[name], dict):
        _expand(ctx, item[name], rest, path)


def _members(ctx: Context, item: Json, name: str) -> Json:
    found: list[Any] = []
    if name == "refunds" and item["object"] == "charge":
        found = ctx.tx.select(Query("refund", where={"charge": item["id"]}, limit=10))
    url = f"/v1/{item['object']}s/{item['id']}/{name}"
    return {"object": "list", "data": [public(one) for one in found], "has_more": False, "url": url}
