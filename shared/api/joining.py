"""`python -m shared.api.joining FOLDER TARGET`: FOLDER's OpenAPI documents, `<service>.json` each,
as one valid document for generators of clients."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

REFERENCE = "#/components/schemas/"
JSON = dict[str, Any]


def join(documents: Mapping[str, JSON]) -> JSON:
    """Paths differ already; schemas, operations and tags get their service's name."""
    joined: JSON = {
        "openapi": "3.1.0",
        "info": {
            "title": "Souk",
            "version": "1",
            "description": "All services of the shop, through its gateway.",
        },
        "tags": [{"name": service} for service in documents],
        "paths": {},
        "components": {"schemas": {}, "securitySchemes": {}},
    }
    for service, document in documents.items():
        _add(joined, service, _renamed(document, f"{REFERENCE}{service.title()}"))
    return joined


def _add(joined: JSON, service: str, document: JSON) -> None:
    components = document.get("components", {})
    for name, schema in components.get("schemas", {}).items():
        joined["components"]["schemas"][f"{service.title()}{name}"] = schema
    joined["components"]["securitySchemes"] |= components.get("securitySchemes", {})
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["tags"] = [service]
            operation["operationId"] = f"{service}_{operation['operationId']}"
    joined["paths"] |= document["paths"]


def _renamed(value: Any, prefix: str) -> Any:
    """The same, with references that lead to the prefixed names."""
    if isinstance(value, dict):
        return {key: _renamed_entry(key, item, prefix) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, prefix) for item in value]
    return value


def _renamed_entry(key: str, value: Any, prefix: str) -> Any:
    if key == "$ref" and isinstance(value, str):
        return value.replace(REFERENCE, prefix, 1)
    return _renamed(value, prefix)


def main(folder: Path, target: Path) -> None:
    found = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    target.write_text(json.dumps(join(found), ensure_ascii=False))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
