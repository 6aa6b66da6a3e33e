"""Requests made from the OpenAPI document alone: every operation, with values of one's choosing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

_VERBS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True, slots=True)
class Operation:
    verb: str
    path: str
    described: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.verb} {self.path}"

    def parameters(self, where: str) -> list[Mapping[str, Any]]:
        return [one for one in self.described.get("parameters", ()) if one["in"] == where]

    def body_schema(self) -> Mapping[str, Any] | None:
        content = self.described.get("requestBody", {}).get("content", {})
        return next((one["schema"] for kind, one in content.items() if kind.startswith("application/json")), None)

    def bodies(self) -> list[Any]:
        """What the examples make of it: with every field, and with those only that have to be there."""
        schema = self.body_schema()
        return [None] if schema is None else [self.instance(schema, whole=whole) for whole in (True, False)]

    def resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            found: Any = self.document
            for part in str(schema["$ref"]).removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def instance(self, schema: Mapping[str, Any], *, whole: bool) -> Any:
        """A value of this form out of its examples; a list has one element if `whole`, else as few as may be."""
        schema = self.resolve(schema)
        if "const" in schema:
            return schema["const"]
        for several in ("examples", "enum"):
            if schema.get(several):
                return schema[several][0]
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in schema:
                return self.instance(schema[choice][0], whole=whole)
        match schema.get("type"):
            case "object":
                fields = schema.get("properties", {})
                names = fields if whole else schema.get("required", ())
                return {name: self.instance(fields[name], whole=whole) for name in names}
            case "array":
                return [self.instance(schema["items"], whole=whole)] * max(schema.get("minItems", 0), whole)
            case "integer":
                return int(schema.get("minimum", 1))
            case "boolean":
                return False
            case "string" if schema.get("format") == "uuid":
                return "00000000-0000-0000-0000-000000000000"
            case "string":
                return "x" * int(schema.get("minLength", 1))
        return None

    def address(self, values: Mapping[str, Any], query: Mapping[str, Any] | None = None) -> str:
        path = self.path
        for name, value in values.items():
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        return path + (f"?{urlencode(query, doseq=True)}" if query else "")


def operations(document: Mapping[str, Any]) -> list[Operation]:
    return [
        Operation(verb, path, described, document)
        for path, item in document["paths"].items()
        for verb, described in item.items()
        if verb in _VERBS
    ]


def places(body: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where in `body` a text stands, in which somebody else's id can be tried."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield from places(value, (*at, name))
    elif isinstance(body, list):
        for index, value in enumerate(body):
            yield from places(value, (*at, index))
    elif isinstance(body, str):
        yield at


def replaced(body: Any, at: tuple[Any, ...], value: Any) -> Any:
    """A copy of `body` with `value` at one place."""
    if not at:
        return value
    head, rest = at[0], at[1:]
    if isinstance(body, dict):
        return {name: replaced(one, rest, value) if name == head else one for name, one in body.items()}
    return [replaced(one, rest, value) if index == head else one for index, one in enumerate(body)]
