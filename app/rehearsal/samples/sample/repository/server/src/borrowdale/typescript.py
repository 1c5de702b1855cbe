"""Writes the front end's types, made from `wire`, to the file that is named."""

import dataclasses
import inspect
import sys
import types
import typing
from enum import StrEnum
from pathlib import Path

from borrowdale import wire

_HEAD = "// Made from server/src/borrowdale/wire.py by borrowdale.typescript. Do not edit.\n"
_PRIMITIVES = {int: "number", str: "string", bool: "boolean", types.NoneType: "null"}


def render() -> str:
    """Return the whole of the types file."""
    declared = [thing for thing in vars(wire).values() if isinstance(thing, type)]
    enums = [kind for kind in declared if issubclass(kind, StrEnum)]
    records = [kind for kind in declared if dataclasses.is_dataclass(kind)]
    return "\n".join([_HEAD, *map(_union, enums), *map(_interface, records)])


def _union(kind: type[StrEnum]) -> str:
    values = " | ".join(f'"{member.value}"' for member in kind)
    return f"export type {kind.__name__} = {values};\n"


def _interface(kind: type) -> str:
    hints = typing.get_type_hints(kind)
    fields = [f"  {field.name}: {_type(hints[field.name])};" for field in dataclasses.fields(kind)]
    summary = (inspect.getdoc(kind) or "").splitlines()[0]
    return "\n".join(
        [f"/** {summary} */", f"export interface {kind.__name__} {{", *fields, "}", ""]
    )


def _type(hint: object) -> str:
    if isinstance(hint, type) and hint in _PRIMITIVES:
        return _PRIMITIVES[hint]
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return " | ".join(map(_type, typing.get_args(hint)))
    if typing.get_origin(hint) is list:
        [entry] = typing.get_args(hint)
        return f"{_type(entry)}[]"
    if isinstance(hint, type) and (dataclasses.is_dataclass(hint) or issubclass(hint, StrEnum)):
        return hint.__name__
    raise TypeError(f"{hint} has no counterpart in TypeScript")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render())
