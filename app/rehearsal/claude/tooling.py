"""The rules about `tools`: names, schemas, what a strict tool may ask. No tool is run here."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.rehearsal.claude.errors import refused

NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
# The tools that Anthropic defines and a client runs: type -> the only name it may have.
TYPED = {
    "bash_20250124": "bash",
    "text_editor_20250124": "str_replace_editor",
    "text_editor_20250429": "str_replace_based_edit_tool",
    "text_editor_20250728": "str_replace_based_edit_tool",
    "memory_20250818": "memory",
}
# https://platform.claude.com/docs/en/build-with-claude/structured-outputs (schema limitations); the
# sentences of the refusals are those that clients report in public issue threads.
MOST_STRICT_TOOLS = 20
MOST_OPTIONAL = 24
MOST_UNIONS = 16
# The real ceiling of the compiled grammar is not documented; this one is ours, and cautious.
MOST_GRAMMAR = 12_000
UNSUPPORTED = (
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
)


def check_tools(tools: tuple[Mapping[str, Any], ...]) -> None:
    """Refuse tools that the API refuses.

    Raises:
        ApiError: 400 with the tool's place in the request.
    """
    names: list[str] = []
    for index, tool in enumerate(tools):
        place = f"tools.{index}"
        name = tool.get("name")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise refused(f"{place}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        names.append(name)
        kind = tool.get("type") or "custom"
        if kind == "custom":
            _check_custom(place, tool)
        elif TYPED.get(kind) != name:
            raise refused(
                f"{place}: the tool type '{kind}' with the name '{name}' is not supported"
            )
    if len(names) != len(set(names)):
        raise refused("tools: Tool names must be unique.")
    _check_strict(tools)


def _check_custom(place: str, tool: Mapping[str, Any]) -> None:
    schema = tool.get("input_schema")
    if not isinstance(schema, dict):
        raise refused(f"{place}.custom.input_schema: Field required")
    if schema.get("type") != "object":
        raise refused(f"{place}.custom.input_schema.type: Input should be 'object'")


def _check_strict(tools: tuple[Mapping[str, Any], ...]) -> None:
    strict = [(index, tool) for index, tool in enumerate(tools) if tool.get("strict") is True]
    if len(strict) > MOST_STRICT_TOOLS:
        raise refused(
            f"Too many strict tools ({len(strict)}). Reduce their number"
            f" (limit: {MOST_STRICT_TOOLS})."
        )
    nodes: list[Mapping[str, Any]] = []
    for index, tool in strict:
        schema = tool.get("input_schema") or {}
        found = list(_nodes(schema))
        for node in found:
            _check_node(f"tools.{index}.custom", node)
        nodes += found
    optional = sum(
        len(set(node.get("properties", {})) - set(node.get("required", []))) for node in nodes
    )
    if optional > MOST_OPTIONAL:
        raise refused(
            f"Schemas contains too many optional parameters ({optional}), which would make grammar"
            " compilation inefficient. Reduce the number of optional parameters in your tool"
            f" schemas (limit: {MOST_OPTIONAL})."
        )
    unions = sum(
        _is_union(inner) for node in nodes for inner in node.get("properties", {}).values()
    )
    if unions > MOST_UNIONS:
        raise refused(
            f"Schemas contains too many parameters with union types ({unions}), which would make"
            " grammar compilation inefficient. Reduce the number of unions in your tool schemas"
            f" (limit: {MOST_UNIONS})."
        )
    if sum(len(json.dumps(tool.get("input_schema") or {})) for _, tool in strict) > MOST_GRAMMAR:
        raise refused(
            "The compiled grammar is too large, which would cause performance issues. Simplify your"
            " tool schemas or reduce the number of strict tools."
        )


def _check_node(place: str, node: Mapping[str, Any]) -> None:
    kind = node.get("type")
    if (kind == "object" or "properties" in node) and node.get("additionalProperties") is not False:
        raise refused(
            f"{place}: For 'object' type, 'additionalProperties' must be explicitly set to false"
        )
    for keyword in UNSUPPORTED:
        if keyword in node:
            raise refused(f"{place}: For '{kind}' type, property '{keyword}' is not supported")
    if node.get("minItems", 0) not in (0, 1):
        raise refused(
            f"{place}: For 'array' type, 'minItems' values other than 0 or 1 are not supported"
        )


def _is_union(node: Any) -> bool:
    return isinstance(node, dict) and ("anyOf" in node or isinstance(node.get("type"), list))


def _nodes(schema: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(schema, dict):
        return
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from _nodes(inner)
    for key in ("anyOf", "oneOf", "allOf"):
        for inner in schema.get(key, []):
            yield from _nodes(inner)
    for key in ("$defs", "definitions"):
        for inner in schema.get(key, {}).values():
            yield from _nodes(inner)
    yield from _nodes(schema.get("items"))


def with_nulls(given: Any, schema: Any) -> Any:
    """Return `given` with null for each required property it leaves out, at every depth."""
    branches = [schema, *schema.get("anyOf", [])] if isinstance(schema, dict) else []
    for branch in branches:
        if not isinstance(branch, dict):
            continue
        if isinstance(given, dict) and isinstance(branch.get("properties"), dict):
            return _filled(given, branch)
        if isinstance(given, list) and "items" in branch:
            return [with_nulls(one, branch["items"]) for one in given]
    return given


def _filled(given: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema["properties"]
    filled = {name: with_nulls(value, properties.get(name)) for name, value in given.items()}
    return filled | {name: None for name in schema.get("required", []) if name not in given}
