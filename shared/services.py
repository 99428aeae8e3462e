"""The services of the shop: the only list of them in the code."""

SERVICES: tuple[str, ...] = (
    "catalog",
    "cart",
    "orders",
    "inventory",
    "users",
    "reviews",
    "payments",
    "notify",
    "recommend",
)
