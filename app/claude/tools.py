"""The tools as the model is shown them: the same list for all agents, so that they share a cache.

Who may call what is decided by `dispatch`, and what a call does by the desk.
"""

from collections.abc import Mapping
from typing import Any

from phases.core.agent import EDITOR_TOOL
from phases.core.submission import SUBMIT_SCHEMA

SUBMIT = "submit"
SHARED_BY_NAME = {"editor": EDITOR_TOOL, "view": f"{EDITOR_TOOL} (command `view` only)"}
"""Grants of an agent whose tool the model knows by another name."""

_NEVER_NULL_WHEN_STRICT = ("questions", "widen")
"""Lists that say the same when they are empty. A strict request may hold 16 unions, null included.

https://docs.claude.com/en/docs/build-with-claude/structured-outputs
"""

_READING = frozenset({"grep", "glob", "load_skill"})


def tool_list(*, strict: bool) -> tuple[dict[str, Any], ...]:
    """Return the tools of a request; `strict` holds the model to the schema of `submit`."""
    schema = _with_fewer_unions(SUBMIT_SCHEMA) if strict else SUBMIT_SCHEMA
    submit: dict[str, Any] = {
        "name": SUBMIT,
        "description": (
            "End your step: hand in your artifact and what the step asks for besides. The service "
            "checks it at once; what it refuses comes back with the reasons, at most three times. "
            "Fields that your step does not ask for are null."
        ),
        "input_schema": schema,
    }
    return (*_WORKING_TOOLS, {**submit, "strict": True} if strict else submit)


def only_reads(tool: str, arguments: Mapping[str, Any]) -> bool:
    """Say whether a call changes nothing, so that it may run beside others."""
    return tool in _READING or (tool == EDITOR_TOOL and arguments.get("command") == "view")


def _with_fewer_unions(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = dict(schema["properties"])
    for name in _NEVER_NULL_WHEN_STRICT:
        properties[name] = {**properties[name], "type": "array"}
    return {**schema, "properties": properties}


def _text(description: str) -> dict[str, str]:
    return {"type": "string", "description": description}


def _whole(description: str) -> dict[str, str]:
    return {"type": "integer", "description": description}


_WORKING_TOOLS: tuple[dict[str, Any], ...] = (
    {"type": "bash_20250124", "name": "bash"},
    {"type": "text_editor_20250728", "name": EDITOR_TOOL},
    {
        "name": "grep",
        "description": (
            "Search file contents with a regular expression (ripgrep syntax). Files that git "
            "ignores are left out. Returns path:line:text."
        ),
        "input_schema": {
            "type": "object",
            "properties": {
                "pattern": _text("Regular expression."),
                "path": _text("File or directory to search, default /workspace."),
                "glob": _text("Only files that match, such as *.py or src/**/*.ts."),
                "context": _whole("Lines to show before and after each match, default 0."),
                "ignore_case": {"type": "boolean", "description": "Default false."},
                "max_results": _whole("Most matching lines to return, default 200."),
            },
            "required": ["pattern"],
            "additionalProperties": False,
        },
    },
    {
        "name": "glob",
        "description": (
            "List files whose path matches a pattern, in alphabetical order. Files that git "
            "ignores are left out."
        ),
        "input_schema": {
            "type": "object",
            "properties": {
                "pattern": _text("Pattern such as **/*.py or src/**/test_*.ts."),
                "path": _text("Directory to list, default /workspace."),
            },
            "required": ["pattern"],
            "additionalProperties": False,
        },
    },
    {
        "name": "load_skill",
        "description": "Read a way of working by its name; the names are listed in your briefing.",
        "input_schema": {
            "type": "object",
            "properties": {"name": _text("Name of the skill.")},
            "required": ["name"],
            "additionalProperties": False,
        },
    },
)
