"""Scripts of stories: the pocket sample's, changed where the story wants it otherwise."""

import copy
import shutil
from pathlib import Path
from typing import Any

import yaml

from app.rehearsal.samples import SAMPLES

SPEC = "initialization/project-manager/1"
DEVELOPER = "implementation/backend-developer/1"
ARCHITECT = "planning/architect/1"
TESTER = "qa/test-writer/1"
MODULE = "back/thimble/durations.py"

CLASS = "\n```python\nclass Duration:\n    seconds: int\n```\n"

Turn = dict[str, Any]


# A pattern that not even its own text fits.
MISFIT = [{"say": "Wait.", "expect_prompt": "what nobody as[k]s for"}]


class _Plain(yaml.SafeDumper):
    """Writes what occurs twice out twice: scripts have no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


class Script:
    """A script that a story may change before Claude plays it."""

    def __init__(self, sample: str = "pocket") -> None:
        self._source = SAMPLES[sample].script
        self._data = yaml.safe_load(self._source.read_text())

    def turns(self, step: str) -> list[Turn]:
        """Return a copy of a step's turns as they stand."""
        found: list[Turn] = copy.deepcopy(self._data["steps"][step])
        return found

    def artifact(self, name: str) -> str:
        """Return the text of an artifact of the sample."""
        return (self._source.parent / "artifacts" / name).read_text()

    def set(self, step: str, turns: list[Turn] | dict[str, Any]) -> "Script":
        """Give a step other turns, or turns for each attempt."""
        self._data["steps"][step] = turns
        return self

    def write(self, folder: Path) -> Path:
        """Write the script and its artifacts to a folder; return the script's path."""
        shutil.copytree(self._source.parent / "artifacts", folder / "artifacts")
        path = folder / "script.yaml"
        path.write_text(yaml.dump(self._data, Dumper=_Plain, sort_keys=False, allow_unicode=True))
        return path


def submit_of(turns: list[Turn]) -> Turn:
    """Return the input of the `submit` that ends the turns."""
    found: Turn = turns[-1]["tools"][-1]["submit"]
    return found


def bash(command: str) -> Turn:
    """Return a turn that runs one command."""
    return {"tools": [{"bash": {"command": command}}]}


def submits(**fields: Any) -> Turn:
    """Return a turn that submits."""
    return {"tools": [{"submit": {"outcome": "done", **fields}}]}


def that_breaks_a_test() -> Script:
    """A developer counts 61 seconds to the minute; tests that stood before turn red."""
    script = Script()
    build = script.turns(DEVELOPER)
    build[1]["tools"].append(bash(f'sed -i \'s/"m": 60/"m": 61/\' {MODULE}')["tools"][0])
    build[-1].pop("expect")
    test = script.turns(TESTER)
    test[-1].pop("expect")
    return script.set(DEVELOPER, build).set(TESTER, test)


def with_a_class(script: Script) -> Script:
    """An architect that writes a class where it must not, and is sent back."""
    turns = script.turns(ARCHITECT)
    good = submit_of(turns)
    with_code = {**good, "artifact": script.artifact("system-plan.md") + CLASS}
    again = {"tools": [{"submit": good}], "expect": "class Duration"}
    turns[-1] = {**turns[-1], "tools": [{"submit": with_code}]}
    return script.set(ARCHITECT, [*turns, again])


def diagnosis() -> list[Turn]:
    """A debugger that sees why and names the back end's developer."""
    text = (
        "## Summary\n\nThe minute has a second too many.\n\n"
        "## Reproduction\n\nThe test that reads an hour and a half fails by itself.\n\n"
        f"## Root cause\n\n- {MODULE}:5 counts the minute wrong.\n\n"
        "## Fix\n\nCount sixty.\n\n"
        f"## Owner\n\n- {MODULE}: backend-developer\n"
    )
    entry = {
        "failure": "tests/test_parsing.py",
        "cause": "The table of units counts the minute wrong.",
        "file": MODULE,
        "line": 5,
        "owner": "backend-developer",
        "fix": "Count sixty seconds to the minute.",
    }
    return [
        {**bash("pytest"), "expect_prompt": "1h 30m"},
        {**submits(summary="One cause.", artifact=text, diagnosis=[entry]), "expect": "failed"},
    ]


def repair(command: str, script: Script) -> list[Turn]:
    """A developer's answer to the diagnosis: one command, then its commit."""
    return [
        bash(command),
        submits(
            summary="The table of units is mended.",
            artifact=script.artifact("backend-implementation.md"),
            commit={
                "type": "fix",
                "scope": "durations",
                "subject": "count the seconds of a minute",
                "body": None,
            },
            interfaces=[],
        ),
    ]
