"""REST exchanges, held to the operations that GitHub publishes. It knows nothing of semantics."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import jsonschema_rs

from tests.contract.schemas import references
from tests.contract.shape import shape

DATA = Path(__file__).parent / "data"
REFUSED = 400
# Of these the request itself was at fault, so that it says nothing about how we ask.
FAULTY = frozenset({400, 413, 422})
# Their values may hold slashes.
_LONG = frozenset({"basehead", "branch", "name", "path", "ref"})
# What every refusal holds, whether its status is published or not.
REFUSAL = {
    "type": "object",
    "required": ["message", "documentation_url", "status"],
    "properties": {
        "message": {"type": "string"},
        "documentation_url": {"type": "string"},
        "status": {"type": "string"},
    },
}


@dataclass(frozen=True)
class Exchange:
    """One request and its answer; `path` is below the API's base, bodies are parsed JSON or None.

    A body that was no JSON is its text.
    """

    method: str
    path: str
    query: str
    status: int
    request: Any
    response: Any


class Rest:
    """GitHub's operations, cut to ours."""

    def __init__(self, cut: dict[str, Any], refusal: dict[str, Any]) -> None:
        self._refusal = refusal
        self.operations: dict[str, dict[str, Any]] = cut["operations"]
        self._components = cut["components"]
        self._validators: dict[tuple[str, ...], Any] = {}
        routes = [(*name.split(" ", 1), name) for name in self.operations]
        # The more special path first: the one with more letters outside its braces.
        routes.sort(key=lambda route: -len(shape(route[1]).replace("{}", "")))
        self._routes = [(method, _pattern(path), name) for method, path, name in routes]

    def operation(self, method: str, path: str) -> str | None:
        """Return the operation that a request calls."""
        found = self._match(method, path)
        return found[0] if found else None

    def asked(self, exchange: Exchange) -> list[str]:
        """Say what GitHub would not take of a request; nothing when all is well."""
        found = self._match(exchange.method, exchange.path)
        if found is None:
            return ["operation: not published, or not in use"]
        if exchange.status in FAULTY:
            return []
        name, named = found
        faults = self._path_faults(name, named)
        faults += self._query_faults(name, exchange.query)
        return faults + self._request_faults(name, exchange.request)

    def answered(self, exchange: Exchange) -> list[str]:
        """Say what GitHub would not have answered; an undocumented status is `status NNN`."""
        name = self.operation(exchange.method, exchange.path)
        return self._answer_faults(name, exchange) if name else []

    def _match(self, method: str, path: str) -> tuple[str, dict[str, str]] | None:
        for wanted, pattern, name in self._routes:
            match = pattern.fullmatch(path) if wanted == method else None
            if match:
                return name, match.groupdict()
        return None

    def _answer_faults(self, name: str, exchange: Exchange) -> list[str]:
        published = self.operations[name]["responses"]
        status = str(exchange.status)
        schema = published.get(status)
        faults = [] if status in published else [f"status {status}"]
        if schema is None and exchange.status >= REFUSED:
            schema = self._refusal
        if schema is None:
            empty = exchange.response in (None, "")
            return faults if empty else [*faults, "answer: a body where none is published"]
        told = self._check((name, status), schema, exchange.response)
        return faults + [f"answer {status}: {fault}" for fault in told]

    def _path_faults(self, name: str, named: dict[str, str]) -> list[str]:
        values = {key: unquote(value) for key, value in named.items()}
        return self._parameter_faults(name, "path", values)

    def _query_faults(self, name: str, query: str) -> list[str]:
        return self._parameter_faults(name, "query", dict(parse_qsl(query, keep_blank_values=True)))

    def _parameter_faults(self, name: str, place: str, values: dict[str, str]) -> list[str]:
        published = {
            each["name"]: each
            for each in self.operations[name]["parameters"]
            if each["in"] == place
        }
        faults = [f"{place}: {key} is not published" for key in values if key not in published]
        faults += [
            f"{place}: {key} is missing"
            for key, each in published.items()
            if each.get("required") and key not in values and place == "query"
        ]
        for key, value in values.items():
            schema = published[key]["schema"] if key in published else {}
            told = self._check((name, place, key), schema, _typed(value, schema))
            faults += [f"{place} {key}: {fault}" for fault in told]
        return faults

    def _request_faults(self, name: str, request: Any) -> list[str]:
        operation = self.operations[name]
        schema = operation["request"]
        if request is None:
            return ["request: a body is missing"] if operation["requestRequired"] else []
        if schema is None:
            return [] if request == {} else ["request: a body where none is published"]
        faults = self._check((name, "request"), schema, request)
        known = self._members(schema)
        if known is not None and isinstance(request, dict):
            # The schemas let unknown members pass; GitHub ignores them, so they are mistakes.
            faults += [f"{key} is not published" for key in request if key not in known]
        return [f"request: {fault}" for fault in faults]

    def _members(self, schema: dict[str, Any]) -> set[str] | None:
        while "$ref" in schema:
            schema = self._components["schemas"][schema["$ref"].rpartition("/")[2]]
        known = set(schema.get("properties", {}))
        for each in [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]:
            known |= self._members(each) or set()
        return known or None

    def _check(self, key: tuple[str, ...], schema: dict[str, Any], value: Any) -> list[str]:
        if key not in self._validators:
            self._validators[key] = validator(schema, self._components)
        return told(self._validators[key], value)


def validator(schema: dict[str, Any], components: dict[str, Any]) -> Any:
    """Return what checks values against a schema that refers to components."""
    needed: dict[str, Any] = {}
    todo = list(references(schema))
    while todo:
        name = todo.pop().rpartition("/")[2]
        if name not in needed:
            needed[name] = components["schemas"][name]
            todo += references(needed[name])
    return jsonschema_rs.Draft202012Validator(
        {**schema, "components": {"schemas": needed}}, validate_formats=True
    )


def told(checks: Any, value: Any) -> list[str]:
    """Say what does not fit.

    Addresses of bots (`1+x[bot]@...`) are no emails to the schema, and are GitHub's nevertheless.
    """
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message[-160:]}"
        for error in checks.iter_errors(value)
        if not ("[bot]@" in error.message and error.message.endswith('is not a "email"'))
    ]


def _pattern(path: str) -> re.Pattern[str]:
    def part(match: re.Match[str]) -> str:
        inside = ".*" if match[1] == "path" else ".+" if match[1] in _LONG else "[^/]+"
        return f"(?P<{match[1]}>{inside})"

    pattern = re.sub(r"\{(\w+)\}", part, path)
    # The root of a repository is asked for with and without the slash behind it.
    return re.compile(pattern.replace("/contents/(?P<path>.*)", "/contents(?:/(?P<path>.*))?"))


def _typed(value: str, schema: dict[str, Any]) -> Any:
    """Return a text of an address as what its schema calls for, if it can be that."""
    kinds = schema.get("type", "string")
    try:
        if "integer" in kinds:
            return int(value)
        if "boolean" in kinds:
            return {"true": True, "false": False}[value]
    except (KeyError, ValueError):
        return value
    return value


@cache
def github_rest() -> Rest:
    """Return GitHub's operations from the committed cut."""
    return Rest(_cut(), REFUSAL)


@cache
def lenient_rest() -> Rest:
    """Return the same operations with answers that may lack any member."""
    return Rest(_lenient(_cut()), _lenient(REFUSAL))


def _cut() -> dict[str, Any]:
    cut: dict[str, Any] = json.loads((DATA / "openapi.json").read_text())
    return cut


def _lenient(part: Any) -> Any:
    if isinstance(part, list):
        return [_lenient(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _lenient(value)
        for key, value in part.items()
        if key != "required" or not isinstance(value, list)
    }
