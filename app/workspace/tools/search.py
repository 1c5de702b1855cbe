"""The tools `grep` and `glob`: ripgrep in the cage. What git ignores, packages too, is left out."""

from pathlib import PurePosixPath

from app.workspace.sandbox.cage import Cage
from app.workspace.sandbox.sandbox import Finished, Sandbox
from app.workspace.sandbox.toolchain import BIN
from app.workspace.tools.result import Arguments, ToolError
from app.workspace.tools.tree import relative

_TIMEOUT_S = 30.0
_OUTPUT_BYTES = 1 << 20
_MOST_CONTEXT = 20
_MOST_LINES = 1000
_DEFAULT_LINES = 200
_MOST_PATHS = 500
_MOST_COLUMNS = 400
_NOTHING_FOUND = 1
_FAILED = 2
_QUIET = ("--color=never", "--hidden", "--no-require-git", "--sort=path")


class Search:
    """Searches in the worktree of one session."""

    def __init__(self, sandbox: Sandbox, cage: Cage) -> None:
        self._sandbox = sandbox
        self._cage = cage

    async def grep(self, given: dict[str, object]) -> str:
        """Lines that match a regular expression, as `path:line:text`. Raises `ToolError`."""
        known = ("pattern", "path", "glob", "context", "ignore_case", "max_results")
        arguments = Arguments("grep", given, known)
        most = arguments.number("max_results", default=_DEFAULT_LINES, low=1, high=_MOST_LINES)
        context = arguments.number("context", default=0, low=0, high=_MOST_CONTEXT)
        glob = arguments.optional_text("glob")
        options = [
            "--line-number",
            "--no-heading",
            "--with-filename",
            f"--max-columns={_MOST_COLUMNS}",
            "--max-columns-preview",
            f"--context={context}",
            *(["--ignore-case"] if arguments.flag("ignore_case") else []),
            *([f"--glob={glob}"] if glob else []),
            f"--regexp={arguments.text('pattern')}",
        ]
        finished = await self._ripgrep(options, arguments.optional_text("path") or ".")
        return _shown(
            finished, most, "No line matches.", "narrow the pattern, the path or the glob"
        )

    async def glob(self, given: dict[str, object]) -> str:
        """Paths of files that match a pattern, sorted. Raises `ToolError`."""
        arguments = Arguments("glob", given, ("pattern", "path"))
        options = ["--files", f"--glob={arguments.text('pattern')}"]
        finished = await self._ripgrep(options, arguments.optional_text("path") or ".")
        return _shown(finished, _MOST_PATHS, "No file matches.", "narrow the pattern or the path")

    async def _ripgrep(self, options: list[str], path: str) -> Finished:
        inside = PurePosixPath(relative(path))
        leave_out = ["--glob=!.git"]
        if any(inside.is_relative_to(mount) for mount in self._cage.mount_points):
            leave_out.append("--no-ignore")
        else:
            leave_out += [f"--glob=!/{mount}" for mount in self._cage.mount_points]
        return await self._sandbox.run(
            self._cage,
            # A path always: without one ripgrep may decide to search its standard input.
            [f"{BIN}/rg", *_QUIET, *options, *leave_out, "--", str(inside)],
            timeout=_TIMEOUT_S,
            output_cap=_OUTPUT_BYTES,
            split=True,
        )


def _shown(finished: Finished, most: int, nothing: str, advice: str) -> str:
    if finished.killed_for is not None:
        raise ToolError(f"The search was ended ({finished.killed_for}); {advice}.")
    if finished.exit_code == _NOTHING_FOUND:
        return nothing
    if finished.exit_code >= _FAILED and not finished.output:
        raise ToolError(f"The search failed: {finished.errors.strip()[:2000]}")
    lines = [line.removeprefix("./") for line in finished.output.splitlines()]
    shown = "\n".join(lines[:most])
    if len(lines) <= most:
        return shown
    return f"{shown}\n[... {len(lines) - most} more lines; {advice}]"
