"""What a repository says of itself in `.github/phaseline.yml`, read at the base commit.

Whatever it says that is not supported yet, or not known, is refused by name: never ignored.
"""

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError

from phases.core.errors import BlockedError
from phases.core.model import short
from phases.core.receipts import CheckId, CheckKind
from phases.core.submission import Side

PATH = ".github/phaseline.yml"
MOST_BYTES = 64 << 10

_SUPPORTED = ("setup", "checks", "paths", "protected", "gates")
_LATER = ("services", "limits", "agents", "models")
_PLACES = ("backend", "frontend", "docs", "tests")
_CHECKED_SIDES = (Side.BACKEND, Side.FRONTEND)
_DEEPEST = 12
_MOST_ITEMS = 100
_MOST_TEXT = 2000


class SettingsError(Exception):
    """The settings cannot be used; the message is one sentence for each fault, a line each."""


@dataclass(frozen=True)
class RepositorySettings:
    """The settings of a repository; what it does not say is empty, and is detected instead.

    `setup` are shell commands, `checks` one shell command for each check, `paths` gitignore
    patterns by place (backend, frontend, docs, tests), `protected` patterns that no run changes.
    `plan_gate` says that a person approves every plan.
    """

    setup: tuple[str, ...] = ()
    checks: tuple[tuple[CheckId, str], ...] = ()
    paths: tuple[tuple[str, tuple[str, ...]], ...] = ()
    protected: tuple[str, ...] = ()
    plan_gate: bool = False


def read_settings(content: bytes, commit: str) -> RepositorySettings:
    """Return the settings in the file's content.

    Raises:
        BlockedError: when they cannot be used; the message quotes each fault.
    """
    try:
        return parse(content)
    except SettingsError as error:
        faults = "\n".join(f"- {line}" for line in str(error).splitlines())
        raise BlockedError(
            f"`{PATH}` at {short(commit)} cannot be used:\n\n{faults}\n\nMend it on the default"
            " branch, then start again."
        ) from error


def parse(content: bytes) -> RepositorySettings:
    """Read settings.

    Raises:
        SettingsError: it names every fault.
    """
    raw = _load(content)
    if raw is None:
        return RepositorySettings()
    if not isinstance(raw, dict):
        raise SettingsError("The file must hold a mapping of settings.")
    faults = list(_unknown(raw))
    setup = _texts(raw.get("setup"), "setup", faults)
    checks = tuple(_checks(raw.get("checks"), faults))
    paths = tuple(_paths(raw.get("paths"), faults))
    protected = _patterns(raw.get("protected"), "protected", faults)
    plan_gate = _plan_gate(raw.get("gates"), faults)
    if faults:
        raise SettingsError("\n".join(faults))
    return RepositorySettings(setup, checks, paths, protected, plan_gate)


class _Loader(yaml.SafeLoader):
    """The safe loader, which also refuses a key that stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            raise SettingsError(f"Line {_line(node)}: a key stands there twice.")
        return mapping


def _load(content: bytes) -> Any:
    if len(content) > MOST_BYTES:
        raise SettingsError(f"It is larger than {MOST_BYTES >> 10} KiB.")
    try:
        text = content.decode()
        _look_through(text)
        return yaml.load(text, _Loader)  # noqa: S506 - derived from the safe loader.
    except UnicodeDecodeError:
        raise SettingsError("It is not UTF-8 text.") from None
    except yaml.YAMLError as error:
        raise SettingsError("It is no YAML: " + " ".join(str(error).split())[:300]) from None
    except ValueError as error:
        raise SettingsError(f"A value cannot be read: {str(error)[:200]}") from None


def _look_through(text: str) -> None:
    """Refuse aliases and deep nesting before anything is built from them."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise SettingsError(f"Line {_line(event)}: anchors and aliases are not read.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise SettingsError(f"Line {_line(event)}: it is nested too deeply.")


def _line(place: yaml.Event | yaml.Node) -> int:
    return place.start_mark.line + 1 if place.start_mark is not None else 0


def _unknown(raw: Mapping[Any, Any]) -> Iterator[str]:
    for key in raw:
        if key in _LATER:
            yield f"`{key}` is not supported yet. Supported: {', '.join(_SUPPORTED)}."
        elif key not in _SUPPORTED:
            yield f"`{str(key)[:60]}` is no setting. Supported: {', '.join(_SUPPORTED)}."


def _texts(raw: Any, where: str, faults: list[str]) -> tuple[str, ...]:
    """Read a text or a list of texts."""
    if raw is None:
        return ()
    items = [raw] if isinstance(raw, str) else raw
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        faults.append(f"`{where}` must be a text or a list of texts.")
        return ()
    if len(items) > _MOST_ITEMS or any(len(item) > _MOST_TEXT for item in items):
        faults.append(f"`{where}` has more than {_MOST_ITEMS} entries, or one that is too long.")
        return ()
    if any(not item.strip() or "\0" in item for item in items):
        faults.append(f"`{where}` has an empty entry.")
        return ()
    return tuple(items)


def _checks(raw: Any, faults: list[str]) -> Iterator[tuple[CheckId, str]]:
    for side, kinds in _mapping(raw, "checks", tuple(_CHECKED_SIDES), faults):
        for kind, command in _mapping(kinds, f"checks.{side}", tuple(CheckKind), faults):
            if not isinstance(command, str):
                faults.append(f"`checks.{side}.{kind}` must be one command.")
            elif commands := _texts(command, f"checks.{side}.{kind}", faults):
                yield CheckId(Side(side), CheckKind(kind)), commands[0]


def _paths(raw: Any, faults: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for place, patterns in _mapping(raw, "paths", _PLACES, faults):
        yield place, _patterns(patterns, f"paths.{place}", faults)


def _plan_gate(raw: Any, faults: list[str]) -> bool:
    """Read whether a person is to approve the plans."""
    for gate, keeper in _mapping(raw, "gates", ("plan",), faults):
        if keeper != "human":
            faults.append(f"`gates.{gate}` can only be `human`; leave it out for none.")
        return True
    return False


def _patterns(raw: Any, where: str, faults: list[str]) -> tuple[str, ...]:
    patterns = _texts(raw, where, faults)
    for pattern in patterns:
        if ".." in pattern.split("/"):
            faults.append(f"`{where}` leaves the repository: `{pattern[:80]}`.")
            continue
        try:
            GitIgnoreSpec.from_lines([pattern])
        except (GitIgnorePatternError, re.error):
            faults.append(f"`{where}` has a pattern that cannot be read: `{pattern[:80]}`.")
    return patterns


def _mapping(
    raw: Any, where: str, keys: tuple[str, ...], faults: list[str]
) -> Iterator[tuple[str, Any]]:
    """Yield the entries of a mapping whose keys are known; the others are faults."""
    if raw is None:
        return
    if not isinstance(raw, dict):
        faults.append(f"`{where}` must be a mapping with {', '.join(keys)}.")
        return
    for key, value in raw.items():
        if key in keys:
            yield str(key), value
        else:
            faults.append(f"`{where}.{str(key)[:60]}` is not known. Known: {', '.join(keys)}.")
