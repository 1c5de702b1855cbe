"""GitHub's GraphQL schema, cut to the fields that the stand-in serves; and documents held to it."""

from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    execute,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values
from graphql.language import OperationDefinitionNode


def cut_schema(whole: GraphQLSchema, served: GraphQLSchema) -> str:
    """Return GitHub's definition of every type and field that is served, as SDL.

    Raises:
        LookupError: when something served does not exist at GitHub.
    """
    parts = []
    for name in sorted(served.type_map):
        if name.startswith("__") or name in {"Boolean", "Float", "ID", "Int", "String"}:
            continue
        theirs = whole.type_map.get(name)
        if theirs is None:
            raise LookupError(f"GitHub has no type {name}")
        parts.append(_printed(name, theirs, served))
    return "\n\n".join(parts) + "\n"


def _printed(name: str, theirs: Any, served: Any) -> str:
    ours, kept = served.type_map[name], set(served.type_map)
    match theirs:
        case GraphQLScalarType():
            return f"scalar {name}"
        case GraphQLEnumType():
            return f"enum {name} {{\n" + "\n".join(f"  {value}" for value in theirs.values) + "\n}"
        case GraphQLInputObjectType():
            fields = [f"  {field}: {part.type}" for field, part in theirs.fields.items()]
            return f"input {name} {{\n" + "\n".join(fields) + "\n}"
        case GraphQLObjectType() | GraphQLInterfaceType():
            kind = "type" if isinstance(theirs, GraphQLObjectType) else "interface"
            above = [
                each.name
                for each in theirs.interfaces
                if each.name in kept and set(served.type_map[each.name].fields) <= set(ours.fields)
            ]
            heading = f"{kind} {name}" + (f" implements {' & '.join(above)}" if above else "")
            fields = [_field(name, field, theirs.fields, kept) for field in ours.fields]
            return f"{heading} {{\n" + "\n".join(fields) + "\n}"
    raise LookupError(f"{name} is of a kind that is not cut")


def _field(owner: str, name: str, fields: dict[str, GraphQLField], kept: set[str]) -> str:
    field = fields.get(name)
    if field is None:
        raise LookupError(f"GitHub has no field {owner}.{name}")
    given = [
        f"{key}: {argument.type}"
        for key, argument in field.args.items()
        if str(argument.type).strip("[]!") in kept | {"Boolean", "ID", "Int", "String"}
    ]
    return f"  {name}" + (f"({', '.join(given)})" if given else "") + f": {field.type}"


class Graph:
    """Documents, variables and answers, held to the cut schema."""

    def __init__(self, sdl: str) -> None:
        self.schema = build_schema(sdl)

    def faults(self, document: str, variables: dict[str, Any], answer: Any) -> list[str]:
        """Say what GitHub would not take, or would not have answered; nothing when all is well."""
        try:
            parsed = parse(document)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it is told
            return [f"document: {error}"]
        found = [f"document: {error.message}" for error in validate(self.schema, parsed)]
        if found:
            return found
        (operation,) = (
            each for each in parsed.definitions if isinstance(each, OperationDefinitionNode)
        )
        given = get_variable_values(self.schema, operation.variable_definitions or (), variables)
        if isinstance(given, list):
            found += [f"variables: {error.message}" for error in given]
        found += [
            f"variables: {name} is not declared" for name in _undeclared(operation, variables)
        ]
        data = answer.get("data") if isinstance(answer, dict) else None
        if data is not None and not answer.get("errors"):
            told = execute(
                self.schema, parsed, data, variable_values=variables, field_resolver=_from_answer
            )
            assert isinstance(told, ExecutionResult)
            found += [f"answer: {error.message}" for error in told.errors or []]
        return found


def _undeclared(operation: OperationDefinitionNode, variables: dict[str, Any]) -> set[str]:
    declared = {each.variable.name.value for each in operation.variable_definitions or ()}
    return set(variables) - declared


def _from_answer(source: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
    return source[info.path.key]
