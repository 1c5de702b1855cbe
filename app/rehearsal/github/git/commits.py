"""Commits as data, read from `git log`. It writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.rehearsal.github.git.plumbing import GitError, git

if TYPE_CHECKING:
    from pathlib import Path

_FIELDS = ("%H", "%T", "%P", "%an", "%ae", "%at", "%cn", "%ce", "%ct", "%B")
_FORMAT = "--format=" + "%x00".join(_FIELDS)


@dataclass(frozen=True)
class Signature:
    """Who made a commit, and when (UTC, `2026-01-02T03:04:05Z`)."""

    name: str
    email: str
    date: str


@dataclass(frozen=True)
class Commit:
    """A commit: ids in hexadecimal, the message without its last line break."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


def read_log(directory: Path, *arguments: str) -> list[Commit]:
    """List commits, newest first; `arguments` are options, revisions and paths of `git log`.

    Raises:
        GitError: A revision does not exist.
    """
    output = git(directory, "log", "-z", _FORMAT, *arguments).decode("utf-8", "replace")
    fields = output.split("\0")
    size = len(_FIELDS)
    return [_commit(fields[at : at + size]) for at in range(0, len(fields) - size + 1, size)]


def read_commit(directory: Path, sha: str) -> Commit | None:
    """Read one commit; None when there is no such commit."""
    try:
        found = read_log(directory, "-1", "--end-of-options", sha, "--")
    except GitError:
        return None
    return found[0] if found else None


def _commit(fields: list[str]) -> Commit:
    sha, tree, parents, an, ae, at, cn, ce, ct, message = fields
    return Commit(
        sha=sha,
        tree=tree,
        parents=tuple(parents.split()),
        author=Signature(an, ae, _utc(at)),
        committer=Signature(cn, ce, _utc(ct)),
        message=message.rstrip("\n"),
    )


def _utc(epoch: str) -> str:
    return datetime.fromtimestamp(int(epoch or 0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
