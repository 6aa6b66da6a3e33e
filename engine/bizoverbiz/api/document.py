"""The OpenAPI document, completed: every field with a meaning, a unit and an example; every error as it comes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from bizoverbiz.api.glossary import CALLS, WORDS
from bizoverbiz.api.problems import PROBLEMS

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_SIGNATURE = {
    "type": "http",
    "scheme": "signature",
    "description": "HTTP Message Signature (RFC 9421) with the key the member has joined with; what it covers: "
    "docs/protocol.md, Signatures.",
}
_UNITS = (
    (
        re.compile("amount|ceiling|proposed$|approved$|set_off|^payable|^receivable|^per_|^total"),
        "minor units",
        "integer",
    ),
    (re.compile("_at$|^deadline$"), "RFC 3339, UTC", "string"),
    (re.compile("_date$|_on$|^date$|_from$|^valid_until$"), "YYYY-MM-DD", "string"),
)
#: What every call may answer, what a signed one may, what one with a body may, what one with a path parameter may.
_ALWAYS, _SIGNED, _WRITING, _NAMED = (429, 503), (401, 403), (400, 408, 409, 413, 422), (404,)


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Fill in, in place, what models and endpoints leave to the glossary."""
    for name, field in _fields(document):
        meaning, example = WORDS.get(name, (None, None))
        if "description" not in field and meaning is not None:
            field["description"] = meaning
        if not exemplified(field) and example is not None:
            field["examples"] = [example]
        if (unit := missing_unit(name, field)) is not None:
            field["description"] = f"{field.get('description', '').rstrip(' .')}. {unit[0].upper()}{unit[1:]}."
    document["components"]["securitySchemes"] = {"signature": _SIGNATURE}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation.setdefault("description", CALLS.get(f"{method} {path}", ""))
            _errors(path, operation)
    return document


def _fields(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of every schema, also of those that stand within another, and every parameter."""
    if isinstance(node, list):
        for each in node:
            yield from _fields(each)
    elif isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict) and all(isinstance(field, dict) for field in properties.values()):
            yield from properties.items()
        for parameter in node.get("parameters", ()):
            if isinstance(parameter, dict) and "name" in parameter:
                yield parameter["name"], parameter
        for each in node.values():
            yield from _fields(each)


def exemplified(field: dict[str, Any]) -> bool:
    """Whether it, or what it is made of, shows what it looks like."""
    if any(key in field for key in ("example", "examples", "const", "enum", "$ref", "properties")):
        return True
    inner = [field[key] for key in ("items", "schema", "additionalProperties") if isinstance(field.get(key), dict)]
    inner += [each for key in ("anyOf", "allOf", "oneOf") for each in field.get(key, ())]
    return any(map(exemplified, inner))


def missing_unit(name: str, field: dict[str, Any]) -> str | None:
    """The unit that an amount or a time is to tell and does not, or None."""
    kinds = {field.get("type"), *(each.get("type") for each in field.get("anyOf", ()))}
    for pattern, unit, kind in _UNITS:
        if kind in kinds and pattern.search(name):
            return None if unit.lower() in field.get("description", "").lower() else unit
    return None


def _errors(path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    statuses = [*_ALWAYS]
    if "service" not in operation.get("tags", ()):
        statuses += _SIGNED
        operation["security"] = [{"signature": []}]
    if "requestBody" in operation:
        statuses += _WRITING
    elif operation.get("parameters"):
        statuses += (422,)
    if "{" in path:
        statuses += _NAMED
    for status in statuses:
        slugs = [slug for slug, (code, _) in PROBLEMS.items() if code == status]
        told = f"{HTTPStatus(status).phrase}{': ' if slugs else ''}{', '.join(slugs)}"
        responses.setdefault(str(status), {"description": told, "content": {"application/json": {"schema": _PROBLEM}}})
    for status, response in responses.items():
        if not status.startswith("2") and "application/json" in response.get("content", {}):
            response["content"]["application/problem+json"] = response["content"].pop("application/json")
    operation["responses"] = dict(sorted(responses.items()))
