"""Turns the schemas of GitHub's OpenAPI 3.0 into JSON Schema 2020-12, small. It uses none of them.

Descriptions and examples fall away, `nullable` becomes a type, and what stands in many places is
kept in one.
"""

import copy
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

CHANGES = "x-github-breaking-changes"
TAKEN_OUT = frozenset(
    {"default", "deprecated", "description", "example", "examples", "externalDocs", "title"}
    | {"x-multi-segment", CHANGES}
)
# Whose members are names of things, not keywords.
_MAPS = frozenset({"patternProperties", "properties", "responses"})
_DATA = frozenset({"const", "enum", "operationId", "required"})
# A part that is shorter is not worth a name.
_WORTH_FOLDING = 200


def upgraded(part: Any, version: str) -> Any:
    """Apply the patches that lead from the first version of the API to a later one."""
    if isinstance(part, list):
        return [upgraded(each, version) for each in part]
    if not isinstance(part, dict):
        return part
    plain = {key: value for key, value in part.items() if key != CHANGES}
    for change in part.get(CHANGES, []):
        if change["version"] <= version:
            patch = change["patch"]
            merge = isinstance(patch, dict)
            plain = _merged(plain, patch) if merge else _patched(copy.deepcopy(plain), patch)
    return {key: upgraded(value, version) for key, value in plain.items()}


def _merged(target: Any, patch: Any) -> Any:
    """Apply a JSON Merge Patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result


def _patched(target: Any, operations: list[dict[str, Any]]) -> Any:
    """Apply the operations of a JSON Patch (RFC 6902) that GitHub uses."""
    for operation in operations:
        *way, last = [
            step.replace("~1", "/").replace("~0", "~") for step in operation["path"].split("/")[1:]
        ]
        place = target
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place[step]
        key: Any = int(last) if isinstance(place, list) else last
        if operation["op"] == "remove":
            del place[key]
        elif operation["op"] in {"add", "replace"}:
            place[key] = operation["value"]
        else:
            raise ValueError(f"a patch wants to {operation['op']}")
    return target


def modern(part: Any, *, is_map: bool = False) -> Any:
    """Return a part of an OpenAPI 3.0 document as JSON Schema 2020-12."""
    if isinstance(part, list):
        return [modern(each) for each in part]
    if not isinstance(part, dict):
        return part
    if is_map:
        return {key: modern(value) for key, value in part.items()}
    kept = {
        key: value if key in _DATA else modern(value, is_map=key in _MAPS)
        for key, value in part.items()
        if key not in TAKEN_OUT
    }
    return _nullable(kept) if kept.pop("nullable", False) else kept


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if any(key in schema for key in ("$ref", "allOf", "anyOf", "oneOf")):
        return {"anyOf": [schema, {"type": "null"}]}
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    return schema


def references(part: Any) -> Iterator[str]:
    """Yield every reference within."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


class Folding:
    """Keeps what stands in several places once, among the components, and refers to it."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self.kept: dict[str, Any] = {}

    def count(self, schema: Any) -> None:
        """Note a schema and the schemas within."""
        if isinstance(schema, dict):
            text = json.dumps(schema, sort_keys=True)
            self._counts[text] += 1
            if self._counts[text] == 1:
                _each(schema, self.count)

    def fold(self, schema: Any) -> Any:
        """Return a schema that refers to what stands elsewhere too; all were counted before."""
        if not isinstance(schema, dict):
            return schema
        text = json.dumps(schema, sort_keys=True)
        if self._counts[text] < 2 or len(text) < _WORTH_FOLDING:
            return _each(schema, self.fold)
        name = "part-" + hashlib.sha256(text.encode()).hexdigest()[:12]
        if name not in self.kept:
            self.kept[name] = None
            self.kept[name] = _each(schema, self.fold)
        return {"$ref": f"#/components/schemas/{name}"}

    def inside(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return a schema that has a name already, with what lies within folded."""
        return _each(schema, self.fold)


def _each(schema: dict[str, Any], act: Callable[[Any], Any]) -> dict[str, Any]:
    """Return a schema with each schema directly within replaced by what `act` makes of it."""
    result = dict(schema)
    for key, value in schema.items():
        if key in {"patternProperties", "properties"}:
            result[key] = {name: act(each) for name, each in value.items()}
        elif key in {"additionalProperties", "items", "not"}:
            result[key] = act(value)
        elif key in {"allOf", "anyOf", "oneOf"}:
            result[key] = [act(each) for each in value]
    return result
