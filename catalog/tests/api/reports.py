"""What the report of an import says, and what the product says afterwards."""


def counts(report):
    return tuple(report[name] for name in ("created", "updated", "unchanged", "failed", "warnings"))


def notes(report):
    return [(row["row"], row["severity"], row["code"]) for row in report["rows"]]


def variants(product):
    return {v["sku"]: v["price"]["amount"] for v in product["variants"]}
