"""Plays a sample's script on a checkout without the service; it neither cages nor judges artifacts.

The tools behave as the scripts need them: the editor writes, bash runs plainly, grep and glob look.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Call = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Turn:
    """One reply of the script: what it expects of the last results, and the tools it calls."""

    expect: tuple[str, ...]
    reject: tuple[str, ...]
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Script:
    """The steps of a script in the order in which they stand in the file."""

    steps: Mapping[str, tuple[Turn, ...]]

    def submission(self, step: str) -> Mapping[str, Any]:
        """Return what the step hands in at its end."""
        name, arguments = self.steps[step][-1].calls[-1]
        assert name == "submit", f"{step} does not end in submit"
        return arguments


def read_script(path: Path) -> Script:
    """Read the script, with every {file: ...} in it."""
    raw = yaml.safe_load(path.read_text())
    return Script(
        {
            step: tuple(_turn(_with_files(turn, path.parent)) for turn in turns)
            for step, turns in raw["steps"].items()
        }
    )


def _turn(raw: Mapping[str, Any]) -> Turn:
    return Turn(
        expect=_patterns(raw.get("expect", [])),
        reject=_patterns(raw.get("reject", [])),
        calls=tuple(next(iter(tool.items())) for tool in raw.get("tools", [])),
    )


def _patterns(raw: str | list[str]) -> tuple[str, ...]:
    return (raw,) if isinstance(raw, str) else tuple(raw)


def _with_files(value: Any, folder: Path) -> Any:
    if isinstance(value, dict):
        if set(value) == {"file"}:
            return (folder / value["file"]).read_text()
        return {key: _with_files(entry, folder) for key, entry in value.items()}
    if isinstance(value, list):
        return [_with_files(entry, folder) for entry in value]
    return value


class Player:
    """Plays steps on one checkout; `path` is where bash finds its programs."""

    def __init__(self, script: Script, checkout: Path, path: str) -> None:
        self._script = script
        self._checkout = checkout
        self._environment = {
            "PATH": path,
            "HOME": str(checkout.parent),
            "LC_ALL": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            # The suite's own plugins have no place in a sample's tests.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }

    def play(self, step: str) -> None:
        """Play one step to its submission. Fails when the results are not what a turn expects."""
        results = ""
        for number, turn in enumerate(self._script.steps[step]):
            where = f"{step}, turn {number}, saw:\n{results}"
            for pattern in turn.expect:
                assert re.search(pattern, results), f"{pattern!r} expected in {where}"
            for pattern in turn.reject:
                assert not re.search(pattern, results), f"{pattern!r} rejected in {where}"
            results = "\n".join(self._call(name, arguments) for name, arguments in turn.calls)

    def play_edits(self, step: str) -> None:
        """Do only what the step's calls of the editor do."""
        for turn in self._script.steps[step]:
            for name, arguments in turn.calls:
                if name == "str_replace_based_edit_tool":
                    edit(self._checkout, arguments)

    def shell(self, command: str) -> tuple[int, str]:
        """Run one command in the checkout; return its exit code and output."""
        done = subprocess.run(
            ["/bin/bash", "-c", command],
            cwd=self._checkout,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def state(self) -> Mapping[str, bytes]:
        """Return every file of the checkout that git would not ignore."""
        code, listed = self.shell("git ls-files -z --cached --others --exclude-standard")
        assert code == 0, listed
        files = (self._checkout / path for path in listed.split("\0") if path)
        return {str(path.relative_to(self._checkout)): path.read_bytes() for path in files}

    def line_exists(self, path: str, line: int | None) -> bool:
        """Say whether the checkout has this file, and this line of it."""
        file = self._checkout / path
        return file.is_file() and (line or 1) <= len(file.read_text().splitlines())

    def _call(self, name: str, arguments: Mapping[str, Any]) -> str:
        if name == "str_replace_based_edit_tool":
            return edit(self._checkout, arguments)
        if name == "bash":
            code, output = self.shell(arguments["command"])
            return f"{output}\nexit code {code}"
        if name == "grep":
            return "\n".join(_grep(self._checkout, arguments))
        if name == "glob":
            found = self._checkout.glob(arguments["pattern"])
            return "\n".join(sorted(str(path.relative_to(self._checkout)) for path in found))
        assert name == "submit", f"no tool {name}"
        return ""


def edit(checkout: Path, arguments: Mapping[str, Any]) -> str:
    """Do one call of the editor. Fails where the editor would refuse."""
    path = checkout / arguments["path"]
    command = arguments["command"]
    if command == "view":
        lines = path.read_text().splitlines()
        first, last = arguments.get("view_range", (1, len(lines)))
        return "\n".join(lines[first - 1 : last])
    if command == "create":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(arguments["file_text"])
    elif command == "str_replace":
        text, old = path.read_text(), arguments["old_str"]
        assert text.count(old) == 1, f"{text.count(old)} times in {path}: {old}"
        path.write_text(text.replace(old, arguments["new_str"]))
    else:
        assert command == "insert", f"no command {command}"
        lines = path.read_text().splitlines(keepends=True)
        lines.insert(arguments["insert_line"], arguments["insert_text"])
        path.write_text("".join(lines))
    return f"{path.relative_to(checkout)} edited"


def _grep(checkout: Path, arguments: Mapping[str, Any]) -> Iterator[str]:
    start = checkout / arguments.get("path", ".")
    files = [start] if start.is_file() else sorted(p for p in start.rglob("*") if p.is_file())
    for path in files:
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
            if re.search(arguments["pattern"], line):
                yield f"{path.relative_to(checkout)}:{number}:{line}"
