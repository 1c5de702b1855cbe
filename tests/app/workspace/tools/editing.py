"""One call of the tool str_replace_based_edit_tool, with every tool allowed."""

from app.workspace.tools.result import ToolResult
from app.workspace.tools.toolbox import EDITOR, NAMES, Toolbox, ToolLimits
from tests.app.workspace.sandbox.kit import Bench


async def edit(bench: Bench, **arguments: object) -> ToolResult:
    toolbox = Toolbox(
        bench.sandbox, bench.cage, allowed=frozenset(NAMES), skills={}, limits=ToolLimits()
    )
    return await toolbox.call(EDITOR, arguments)
