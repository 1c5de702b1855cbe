"""The tools of one session, by name; `submit` is not among them. Who may use which, others say."""

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass

from app.workspace.sandbox.cage import Cage
from app.workspace.sandbox.sandbox import Sandbox
from app.workspace.tools.bash import Bash
from app.workspace.tools.editor import edit
from app.workspace.tools.result import Arguments, ToolError, ToolResult
from app.workspace.tools.search import Search
from app.workspace.tools.tree import Tree

BASH = "bash"
EDITOR = "str_replace_based_edit_tool"
GREP = "grep"
GLOB = "glob"
LOAD_SKILL = "load_skill"
NAMES = (BASH, EDITOR, GREP, GLOB, LOAD_SKILL)
_IN_TURN = frozenset({BASH, EDITOR})
"""Two of these at once would race for files, and for what bash carries from call to call.

A view changes nothing and waits for nobody.
"""


@dataclass(frozen=True)
class ToolLimits:
    """What one call of `bash` may take: seconds, and bytes of output that are handed on.

    `most_bash_timeout_s` is what a command may ask for. How much of the output the model is shown
    is not decided here.
    """

    bash_timeout_s: float = 120.0
    most_bash_timeout_s: float = 900.0
    output_cap: int = 10_000_000


class Toolbox:
    """Carries out the tool calls of one session; what only reads beside others, the rest in turn.

    A `SandboxError` goes through: it is no mistake of the model's.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        cage: Cage,
        *,
        allowed: frozenset[str],
        skills: Mapping[str, str],
        limits: ToolLimits,
    ) -> None:
        self._allowed = allowed
        self._skills = skills
        self._tree = Tree(cage, sandbox.owner)
        self._bash = Bash(
            sandbox,
            cage,
            timeout_s=limits.bash_timeout_s,
            most_timeout_s=limits.most_bash_timeout_s,
            output_cap=limits.output_cap,
        )
        self._search = Search(sandbox, cage)
        self._turn = asyncio.Lock()

    async def call(self, name: str, arguments: Mapping[str, object]) -> ToolResult:
        """Carry out one call. Whatever the model gave, the result says what came of it."""
        if name not in self._allowed or name not in NAMES:
            usable = ", ".join(tool for tool in NAMES if tool in self._allowed)
            return ToolResult(
                f"There is no tool {name} for you. Your tools: {usable}.", is_error=True
            )
        in_turn = name in _IN_TURN and not _views(name, arguments)
        async with self._turn if in_turn else nullcontext():
            try:
                text, failed = await self._carry_out(name, dict(arguments))
            except ToolError as error:
                return ToolResult(str(error), is_error=True)
        return ToolResult(text, is_error=failed)

    async def _carry_out(self, name: str, arguments: dict[str, object]) -> tuple[str, bool]:
        match name:
            case "bash":
                return await self._bash.call(arguments)
            case "str_replace_based_edit_tool" if _views(name, arguments):
                return await asyncio.to_thread(edit, self._tree, arguments), False
            case "str_replace_based_edit_tool":
                # Not in a thread, where a write would go on after its call was cancelled.
                return edit(self._tree, arguments), False
            case "grep":
                return await self._search.grep(arguments), False
            case "glob":
                return await self._search.glob(arguments), False
            case _:
                return self._skill(arguments), False

    def _skill(self, given: dict[str, object]) -> str:
        name = Arguments(LOAD_SKILL, given, ("name",)).text("name")
        if name not in self._skills:
            raise ToolError(
                f"There is no skill {name!r}. Yours: {', '.join(sorted(self._skills)) or 'none'}."
            )
        return self._skills[name]


def _views(name: str, arguments: Mapping[str, object]) -> bool:
    return name == EDITOR and arguments.get("command") == "view"
