"""A worktree in memory, and commits that are nothing but names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha1

from phases.core.model import Change, ChangeKind, Commit
from phases.core.ports import ToolResult
from phases.core.submission import CommitMessage


def sha(text: str) -> str:
    """Return a text's SHA-1: something that looks like a commit."""
    return sha1(text.encode()).hexdigest()


@dataclass
class FakeWorktree:
    """A worktree whose changes a scripted session writes."""

    start: str
    changed: dict[str, ChangeKind] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    restored: list[str] = field(default_factory=list)
    conflicts: tuple[str, ...] = ()
    added: str = ""

    async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        """Change a file by the only tool there is."""
        assert tool == "write"
        self.changed[str(arguments["path"])] = ChangeKind.MODIFIED
        return ToolResult("written")

    async def snapshot(self) -> str | None:
        """Keep nothing."""
        return None

    async def restore(self, snapshot: str) -> None:
        """Nothing was kept."""

    async def take_up(self, snapshot: str) -> bool:
        """Begin with the one file that an earlier attempt has left, named as its snapshot."""
        self.changed[snapshot] = ChangeKind.MODIFIED
        return True

    async def begin_again(self) -> None:
        """Forget all changes."""
        self.changed.clear()

    async def changes(self) -> tuple[Change, ...]:
        """Return what was written, by path."""
        return tuple(
            Change(path, kind, self.refusals.get(path, ""))
            for path, kind in sorted(self.changed.items())
        )

    async def restore_paths(self, paths: tuple[str, ...]) -> None:
        """Put paths back."""
        for path in paths:
            self.changed.pop(path)
            self.restored.append(path)

    async def commit(self, message: CommitMessage, trailers: Mapping[str, str]) -> Commit:
        """Make a commit out of the changes."""
        files = tuple(sorted(self.changed))
        name = sha(f"{self.start}{message.subject}{trailers}{files}")
        return Commit(name, sha(f"tree of {name}"), message.header(), files, len(files), 0)

    async def diff(self, base: str, *, limit: int) -> str:
        """Return a diff in one line."""
        return f"diff {base}..{self.start}"[:limit]

    async def unresolved(self) -> tuple[str, ...]:
        """Return the conflicts that nobody has written to."""
        return tuple(path for path in self.conflicts if path not in self.changed)

    async def written(self, *, limit: int) -> str:
        """Return the lines that the test says were written, as a diff."""
        return self.added[:limit]

    def betrays(self, text: str) -> bool:
        """Only one word is secret here."""
        return "canary" in text

    def line_exists(self, path: str, line: int | None) -> bool:
        """Everything exists, except what says that it does not."""
        return "missing" not in path
