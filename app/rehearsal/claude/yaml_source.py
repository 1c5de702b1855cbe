"""YAML as a script may use it: safe, no aliases, of bounded size. Scripts are not known here."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

MOST_BYTES = 2 * 1024 * 1024


class SourceError(Exception):
    """A file cannot be read as plain YAML; the message names the file, the line and the reason."""


class _PlainLoader(yaml.SafeLoader):
    """The safe loader without aliases (a small file could unfold to gigabytes) and double keys."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise SourceError("aliases (*name) are not allowed; write the value out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {name!r} stands twice", key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


def read_yaml(path: Path) -> Any:
    """Return the document in `path`.

    Raises:
        SourceError: the file is missing, too large, not UTF-8 or not plain YAML.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    if len(raw) > MOST_BYTES:
        raise SourceError(f"{path}: {len(raw)} bytes; a script may have {MOST_BYTES}")
    try:
        return yaml.load(raw.decode(), _PlainLoader)  # noqa: S506 -- a subclass of the safe loader
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: is not UTF-8 text") from error
    except RecursionError as error:
        raise SourceError(f"{path}: is nested too deeply") from error
    except yaml.YAMLError as error:
        raise SourceError(f"{path}: {_reason(error)}") from error


def _reason(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return f"is not YAML: {error}"
