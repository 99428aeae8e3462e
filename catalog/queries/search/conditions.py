"""What a list holds, as conditions of SQL on rows of the table, which are called `product`."""

from collections.abc import Mapping, Sequence
from itertools import combinations, product
from typing import Any

from catalog.rules.filters import Filters
from catalog.rules.product import PAIR_SEPARATOR, list_attributes

VISIBLE = "status = 'active' AND min_price IS NOT NULL"
# A function of the table's columns: by chance, by popularity and by category (migration 0014).
BUCKETS = "catalog_buckets(id, in_stock, rating_count, category_id)"
MAX_LEVEL = 5
SUBTREE = """ARRAY(SELECT {column} FROM catalog_category AS top
        JOIN catalog_category AS below ON starts_with(below.path, top.path)
        WHERE top.slug = ANY({slugs}))"""


class Params(dict[str, Any]):
    """The values of a statement, each under a name of its own."""

    def add(self, value: Any) -> str:
        """The placeholder of one more value."""
        name = f"p{len(self)}"
        self[name] = value
        return f"%({name})s"


def list_conditions(filters: Filters, params: Params, *, by_bucket: bool = False) -> list[str]:
    """Scope and filters, without the words of a search; `by_bucket` where the index of the words is
    read, which knows the categories, too."""
    found = [
        _in_categories(slugs, params, by_bucket=by_bucket)
        for slugs in ([filters.scope] if filters.scope else [], list(filters.categories))
        if slugs
    ]
    if filters.brands:
        slugs = params.add(list(filters.brands))
        found.append(f"brand_id IN (SELECT id FROM catalog_brand WHERE slug = ANY({slugs}))")
    found += _with_options(filters.attributes, params)
    if filters.in_stock:
        found.append("in_stock")
    bounds = (
        ("rating_average >=", filters.rating_min),
        ("max_price >=", filters.min_price),
        ("min_price <=", filters.max_price),
    )
    return found + [f"{left} {params.add(value)}" for left, value in bounds if value is not None]


def _in_categories(slugs: list[str], params: Params, *, by_bucket: bool) -> str:
    column = "'category' || below.id" if by_bucket else "below.id"
    keys = SUBTREE.format(column=column, slugs=params.add(slugs))
    return f"{BUCKETS} && {keys}" if by_bucket else f"category_id = ANY({keys})"


def _with_options(wanted: Mapping[str, Sequence[str]], params: Params) -> list[str]:
    """One variant has to have all of the options: a red M and a blue L are no red L. Of two the
    table knows which come together; three may come two by two from several variants."""
    chosen = [list_attributes({name: value} for value in values) for name, values in wanted.items()]
    if len(chosen) < 2:
        return [f"attributes && {params.add(one)}::text[]" for one in chosen]
    pairs = [
        [PAIR_SEPARATOR.join(sorted(pair)) for pair in product(one, other)]
        for one, other in combinations(chosen, 2)
    ]
    found = [f"option_pairs && {params.add(pair)}::text[]" for pair in pairs]
    if len(chosen) > 2:
        options = [
            f"variant.options ->> {params.add(name)} = ANY({params.add(list(values))})"
            for name, values in wanted.items()
        ]
        found.append(
            "EXISTS (SELECT FROM catalog_variant AS variant"
            f" WHERE variant.product_id = product.id AND {' AND '.join(options)})"
        )
    return found


def in_sample(level: int) -> list[str]:
    """One product of 4 ** `level`, by chance; level 0 is all of them."""
    names = ", ".join(f"sample{number}" for number in range(level, MAX_LEVEL + 1))
    return [f"{BUCKETS} && '{{{names}}}'"] if level else []


def choose_level(size: float, least: float) -> int:
    """Of the smallest sample that has at least so many of so many products."""
    return next((n for n in range(MAX_LEVEL, 0, -1) if size / 4**n >= least), 0)
