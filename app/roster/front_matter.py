"""Front matter: the YAML between two lines of dashes at the head of a Markdown file.

It reads untrusted files as well, so size, depth and YAML's own extras are bounded. What the fields
mean is not known here.
"""

from dataclasses import dataclass
from typing import Any

import yaml
from yaml.composer import Composer

MOST_CHARACTERS = 64 * 1024
MOST_DEPTH = 8

_TEXT = "tag:yaml.org,2002:str"


class FrontMatterError(ValueError):
    """The file's head cannot be read; the message is one sentence without the file's name."""


@dataclass(frozen=True)
class Page:
    """A Markdown file: the fields of its head (empty without one) and the text below."""

    fields: dict[str, Any]
    body: str


class _Loader(Composer, yaml.CSafeLoader):
    """The safe loader, without aliases, repeated keys and deep nesting.

    libyaml parses; the nodes are composed here, where they are counted.
    """

    depth = 0

    def __init__(self, text: str) -> None:
        yaml.CSafeLoader.__init__(self, text)
        Composer.__init__(self)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose one node, refusing what a flat list of fields never needs."""
        if self.check_event(yaml.AliasEvent):
            raise FrontMatterError("Its front matter uses a YAML alias: write the value out.")
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise FrontMatterError(f"Its front matter nests deeper than {MOST_DEPTH} levels.")
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Construct a mapping, refusing a key that stands there twice."""
        if any(key.tag != _TEXT for key, _ in node.value):
            raise FrontMatterError("Its front matter has a key that is not text.")
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise FrontMatterError(f"Its front matter gives {key!r} twice: keep one.")
        return super().construct_mapping(node, deep=deep)


def read_page(text: str) -> Page:
    """Split a Markdown file into the fields of its head and its body.

    Raises:
        FrontMatterError: the file is too long, or its head is not closed or no mapping.
    """
    if len(text) > MOST_CHARACTERS:
        raise FrontMatterError(
            f"It has {len(text)} characters; at most {MOST_CHARACTERS} are read: shorten it."
        )
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != "---":
        return Page({}, "\n".join(lines).strip())
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise FrontMatterError("Its front matter is not closed by a line of three dashes.")
    return Page(_mapping("\n".join(lines[1:end])), "\n".join(lines[end + 1 :]).strip())


def _mapping(text: str) -> dict[str, Any]:
    loader = _Loader(text)
    try:
        value = loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 2
        raise FrontMatterError(
            f"Its front matter is no YAML: {error.problem or 'it cannot be read'} (line {line}). "
            "Put text with a colon in quotes."
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, FrontMatterError):
            raise
        raise FrontMatterError("Its front matter is no YAML that can be read.") from None
    finally:
        loader.dispose()
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FrontMatterError("Its front matter is no list of fields: write `name: value` lines.")
    return {str(key): entry for key, entry in value.items()}
