"""Recognises the tool behind a command and asks it for output that can be read by a machine.

A command it does not recognise runs as it is, and its output is compared as a whole.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

REPORT = "/tmp/phaseline-report"  # noqa: S108 - the cage's own.
"""Where in the cage a tool that writes a report puts it."""

WHOLE = "whole"
_SHELL = re.compile(r"[|&;<>()$`*?\[\]{}~!#\n\\]")
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"$`\\\n]*\"")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)
_RUNNERS = (
    *(("uv", "run"), ("poetry", "run"), ("pdm", "run"), ("hatch", "run"), ("pipenv", "run")),
    *(("npx",), ("bunx",), ("npm", "exec"), ("pnpm", "exec"), ("yarn", "exec")),
)
_PYTHON = re.compile(r"python(?:3(?:\.\d+)?)?")
_SCRIPT_RUNNERS = frozenset({"npm", "pnpm", "yarn", "bun"})


@dataclass(frozen=True)
class Tool:
    """How a tool is asked for readable output: arguments to add, and who reads it.

    `report` is whether the output is the file `REPORT`; `variables` are put before the command.
    """

    reader: str
    arguments: tuple[str, ...] = ()
    report: bool = False
    variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Command:
    """A command ready to run: words, the name of the reader, where its report will lie."""

    argv: tuple[str, ...]
    reader: str
    report: str | None


_JUNIT = Tool("junit", ("-o", "junit_family=xunit1", f"--junitxml={REPORT}"), report=True)
_TOOLS = {
    "pytest": _JUNIT,
    "py.test": _JUNIT,
    "mypy": Tool("mypy", ("--output=json", "--no-pretty", "--no-error-summary")),
    "pyright": Tool("pyright", ("--outputjson",)),
    "basedpyright": Tool("pyright", ("--outputjson",)),
    "black": Tool("unformatted"),
    "prettier": Tool("unformatted"),
    "flake8": Tool("lines", ("--format=default",)),
    "pylint": Tool("lines", ("--output-format=parseable", "--score=n")),
    "unittest": Tool("unittest"),
    "eslint": Tool("eslint", ("--format=json", f"--output-file={REPORT}"), report=True),
    "biome": Tool("biome", ("--reporter=gitlab", "--max-diagnostics=none")),
    "tsc": Tool("tsc", ("--pretty", "false")),
    "vue-tsc": Tool("tsc", ("--pretty", "false")),
    "vitest": Tool(
        "junit",
        ("--reporter=default", "--reporter=junit", f"--outputFile.junit={REPORT}"),
        report=True,
    ),
    "jest": Tool("jest", ("--json", f"--outputFile={REPORT}"), report=True),
}
_NODE_REPORTERS = (
    "NODE_OPTIONS=--test-reporter=spec --test-reporter-destination=stdout"
    f" --test-reporter=junit --test-reporter-destination={REPORT}"
)
_NODE_TEST = Tool("junit", report=True, variables=(_NODE_REPORTERS,))


def prepare(line: str, scripts: Mapping[str, Mapping[str, str]], directory: str) -> Command:
    """Return the command for a line of shell, with its tool asked for readable output.

    `scripts` are the scripts of each `package.json` by its directory; `directory` is where the
    line runs ("" is the root).
    """
    if _needs_shell(line):
        return Command(("/bin/bash", "-c", line), WHOLE, None)
    try:
        words = shlex.split(line)
    except ValueError:
        return Command(("/bin/bash", "-c", line), WHOLE, None)
    if not words or _ASSIGNMENT.fullmatch(words[0]):
        return Command(("/bin/bash", "-c", line), WHOLE, None)
    script = _script(words, scripts, directory)
    if script is None:
        return _with(_tool(words), words, ())
    tool = _script_tool(script)
    return _with(tool, _quiet(words), ("--",))


def _needs_shell(line: str) -> bool:
    """Tell whether more than words stands there: quoted words are words."""
    return _SHELL.search(_QUOTED.sub("", line)) is not None


def _with(tool: Tool, words: Sequence[str], separator: tuple[str, ...]) -> Command:
    extra = (*separator, *tool.arguments) if tool.arguments else ()
    argv = (*words, *extra)
    if tool.variables:
        argv = ("env", *tool.variables, *argv)
    return Command(argv, tool.reader, REPORT if tool.report else None)


def _tool(words: Sequence[str]) -> Tool:
    """Return the tool that a plain command runs."""
    words = list(words)
    if words[0] == "env":
        words = words[1:]
        while words and _ASSIGNMENT.fullmatch(words[0]):
            words = words[1:]
    for runner in _RUNNERS:
        if tuple(words[: len(runner)]) == runner:
            words = words[len(runner) :]
            while words and words[0] in {"--", "--no-install", "--no", "--frozen", "--no-sync"}:
                words = words[1:]
            break
    if not words:
        return Tool(WHOLE)
    name = words[0].rpartition("/")[2]
    if _PYTHON.fullmatch(name) and len(words) > 2 and words[1] == "-m":  # noqa: PLR2004 - python -m x.
        words = words[2:]
        name = words[0]
    if name == "node" and "--test" in words:
        return _NODE_TEST
    if name == "ruff":
        return _ruff(words)
    return _TOOLS.get(name, Tool(WHOLE))


def _ruff(words: Sequence[str]) -> Tool:
    if "format" in words:
        return Tool("unformatted")
    return Tool("ruff", ("--output-format=json",)) if "check" in words else Tool(WHOLE)


def _script_tool(line: str) -> Tool:
    """Return the tool that a script of a `package.json` runs, when it can be given arguments."""
    if _needs_shell(line):
        return Tool(WHOLE)
    try:
        words = shlex.split(line)
    except ValueError:
        return Tool(WHOLE)
    # A script that calls a script would keep the arguments for itself.
    if not words or words[0] in _SCRIPT_RUNNERS or _ASSIGNMENT.fullmatch(words[0]):
        return Tool(WHOLE)
    return _tool(words)


def _script(
    words: Sequence[str], scripts: Mapping[str, Mapping[str, str]], directory: str
) -> str | None:
    """Return the script that `npm run x` and its like run, or None for another command."""
    if words[0] not in _SCRIPT_RUNNERS:
        return None
    rest: list[str] = []
    parts = iter(words[1:])
    for word in parts:
        if word in {"--prefix", "-C", "--dir", "--cwd"}:
            directory = _joined(directory, next(parts, ""))
        elif word.startswith("--prefix="):
            directory = _joined(directory, word.partition("=")[2])
        elif not word.startswith("-"):
            rest.append(word)
    if rest[:1] in (["run"], ["run-script"]):
        rest = rest[1:]
    elif rest[:1] == ["t"]:
        rest = ["test"]
    return scripts.get(directory, {}).get(rest[0]) if len(rest) == 1 else None


def _joined(directory: str, below: str) -> str:
    below = below.strip("/").removeprefix("./")
    return "/".join(part for part in (directory, below) if part and part != ".")


def _quiet(words: Sequence[str]) -> tuple[str, ...]:
    """Keep npm's own lines out of the output of the tool."""
    return (words[0], "--silent", *words[1:]) if words[0] == "npm" else tuple(words)
