"""Reads a script file into a Script and names every fault in it at once. It plays nothing."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.rehearsal.claude.inputs import InputError, Inputs
from app.rehearsal.claude.script import STOP_REASONS, USAGE_FIELDS, Call, Script, Step, Turn
from app.rehearsal.claude.yaml_source import SourceError, read_yaml

VERSION = 1
MOST_PATTERN = 2_000
SCRIPT_KEYS = frozenset({"version", "title", "steps"})
TURN_KEYS = frozenset(
    {"say", "tools", "expect", "reject", "expect_prompt", "stop", "usage"},
)
STEP_NAME = re.compile(r"[a-z][a-z0-9-]*/[a-z][a-z0-9-]*/(?:[1-9][0-9]{0,2}|\*)(?:/[^/\s]+)?")


class ScriptError(Exception):
    """A script is not usable; the message lists every fault, one a line, with file and place."""


@dataclass
class _Reader:
    """Collects faults while it walks the document, so that one look mends them all."""

    path: Path
    inputs: Inputs
    faults: list[str] = field(default_factory=list)
    trail: list[str] = field(default_factory=list)

    def fault(self, message: str) -> None:
        place = " > ".join(self.trail)
        self.faults.append(
            f"{self.path}: {place}: {message}" if place else f"{self.path}: {message}"
        )

    @contextmanager
    def at(self, *places: str) -> Iterator[None]:
        self.trail.extend(places)
        yield
        del self.trail[len(self.trail) - len(places) :]

    def known_keys(self, mapping: Mapping[Any, Any], allowed: frozenset[str]) -> None:
        for key in mapping:
            if key not in allowed:
                self.fault(f"unknown key {key!r}; known: {', '.join(sorted(allowed))}")

    def script(self, document: Any) -> Script:
        if not isinstance(document, dict):
            self.fault("a script is a mapping with the keys version, title and steps")
            return Script("", {})
        self.known_keys(document, SCRIPT_KEYS)
        if document.get("version") != VERSION or isinstance(document.get("version"), bool):
            self.fault(f"version must be {VERSION}")
        title = document.get("title")
        if not isinstance(title, str) or not title.strip():
            self.fault("title must say in a line what this script builds")
            title = ""
        steps = document.get("steps")
        if not isinstance(steps, dict) or not steps:
            self.fault("steps must map at least one phase/agent/round to its turns")
            return Script(title, {})
        with self.at("steps"):
            return Script(title, self._steps(steps))

    def _steps(self, steps: Mapping[Any, Any]) -> dict[str, Step]:
        read: dict[str, Step] = {}
        alike: dict[str, str] = {}
        for name, body in steps.items():
            with self.at(str(name)):
                if not isinstance(name, str) or not STEP_NAME.fullmatch(name):
                    self.fault("a step is named phase/agent/round or phase/agent/round/subject")
                elif isinstance(body, dict) and "like" in body:
                    self.known_keys(body, frozenset({"like"}))
                    alike[name] = str(body["like"])
                else:
                    read[name] = self._step(body)
        for name, other in alike.items():
            if other in read:
                read[name] = read[other]
                continue
            with self.at(name):
                self.fault(f"like: {other!r} is not a step with turns of its own in this script")
        return read

    def _step(self, body: Any) -> Step:
        if isinstance(body, list):
            return Step({None: self._turns(body)})
        if not isinstance(body, dict) or "attempts" not in body:
            self.fault("a step is a list of turns, {like: STEP} or {attempts: {1: [turns], ...}}")
            return Step({})
        self.known_keys(body, frozenset({"attempts"}))
        attempts = body["attempts"]
        if not isinstance(attempts, dict) or not attempts:
            self.fault("attempts must map attempt numbers to lists of turns")
            return Step({})
        read: dict[int | None, tuple[Turn, ...]] = {}
        for number, turns in attempts.items():
            with self.at(f"attempt {number}"):
                if not isinstance(number, int) or isinstance(number, bool) or number < 1:
                    self.fault("an attempt is a whole number from 1")
                else:
                    read[number] = self._turns(turns)
        return Step(read)

    def _turns(self, turns: Any) -> tuple[Turn, ...]:
        if not isinstance(turns, list) or not turns:
            self.fault("expected a list of at least one turn")
            return ()
        read: list[Turn] = []
        for number, turn in enumerate(turns, 1):
            with self.at(f"turn {number}"):
                if not isinstance(turn, dict):
                    self.fault("a turn is a mapping such as {say: ..., tools: [...]}")
                    continue
                if number > 1 and "expect_prompt" in turn:
                    self.fault("expect_prompt belongs on the first turn, where the prompt is new")
                read.append(self._turn(turn))
        return tuple(read)

    def _turn(self, turn: Mapping[Any, Any]) -> Turn:
        self.known_keys(turn, TURN_KEYS)
        calls = self._calls(turn.get("tools"))
        say = turn.get("say", "")
        if not isinstance(say, str):
            self.fault("say must be text")
            say = ""
        if not say.strip() and not calls and "stop" not in turn:
            self.fault("a turn says something or calls a tool")
        return Turn(
            say=say if say.strip() else "",
            calls=calls,
            expect=self._patterns(turn, "expect"),
            reject=self._patterns(turn, "reject"),
            expect_prompt=self._patterns(turn, "expect_prompt"),
            stop=self._stop(turn, calls),
            usage=self._usage(turn.get("usage")),
        )

    def _stop(self, turn: Mapping[Any, Any], calls: tuple[Call, ...]) -> str:
        default = "tool_use" if calls else "end_turn"
        stop = turn.get("stop", default)
        if stop not in STOP_REASONS:
            self.fault(f"stop {stop!r} is unknown; known: {', '.join(STOP_REASONS)}")
            return default
        if stop == "tool_use" and not calls and not turn.get("tools"):
            self.fault("stop: tool_use needs tools")
        return str(stop)

    def _usage(self, usage: Any) -> dict[str, int]:
        if usage is None:
            return {}
        if not isinstance(usage, dict):
            self.fault("usage maps token counts to whole numbers")
            return {}
        with self.at("usage"):
            self.known_keys(usage, frozenset(USAGE_FIELDS))
            for name, count in usage.items():
                if not isinstance(count, int) or isinstance(count, bool) or count < 0:
                    self.fault(f"{name} must be a whole number from 0")
        return {str(name): count for name, count in usage.items() if isinstance(count, int)}

    def _patterns(self, turn: Mapping[Any, Any], key: str) -> tuple[re.Pattern[str], ...]:
        given = turn.get(key, [])
        sources = [given] if isinstance(given, str) else given
        if not isinstance(sources, list) or not all(isinstance(one, str) for one in sources):
            self.fault(f"{key} is a regular expression or a list of them; quote each")
            return ()
        read: list[re.Pattern[str]] = []
        for source in sources:
            try:
                read.append(re.compile(source[:MOST_PATTERN], re.MULTILINE))
            except re.error as error:
                self.fault(f"{key}: {source!r} is not a regular expression: {error}")
        return tuple(read)

    def _calls(self, tools: Any) -> tuple[Call, ...]:
        if tools is None:
            return ()
        if not isinstance(tools, list):
            self.fault("tools is a list with one tool call an item: - bash: {command: ls}")
            return ()
        read: list[Call] = []
        for number, item in enumerate(tools, 1):
            with self.at(f"tool call {number}"):
                if not isinstance(item, dict) or len(item) != 1:
                    self.fault(
                        "a tool call is one tool's name with its input: {bash: {command: ls}}"
                    )
                    continue
                ((name, given),) = item.items()
                try:
                    read.append(Call(str(name), self.inputs.input(given)))
                except InputError as error:
                    self.fault(f"{name}: {error}")
        return tuple(read)


def read_script(path: Path) -> Script:
    """Read and check the script at `path`, whole.

    Raises:
        ScriptError: the script has faults; all are in the message.
    """
    try:
        document = read_yaml(path)
    except SourceError as error:
        raise ScriptError(str(error)) from error
    reader = _Reader(path, Inputs(path.parent))
    script = reader.script(document)
    if reader.faults:
        raise ScriptError("\n".join(reader.faults))
    return script
