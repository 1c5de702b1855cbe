"""A bare repository: its refs, objects and history through plumbing.

It knows no people and no permissions.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.rehearsal.github.git.commits import Commit, read_commit, read_log
from app.rehearsal.github.git.diffs import EMPTY_TREE, FileDiff, read_diff
from app.rehearsal.github.git.plumbing import GitError, git

NOTHING = "0" * 40
_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Entry:
    """An entry of a tree; `size` is that of a blob, None for anything else."""

    mode: str
    kind: str
    sha: str
    size: int | None
    path: str


@dataclass(frozen=True)
class Change:
    """A path to write in a new tree; `sha` None takes the path away."""

    path: str
    mode: str
    sha: str | None


class BareRepository:
    """One hosted repository's git side."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def _git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        return git(self.directory, *arguments, stdin=stdin)

    def refs(self, prefix: str = "refs/heads/") -> dict[str, str]:
        """Give every ref below `prefix` with the object it names, in the order of names."""
        output = self._git("for-each-ref", "--format=%(refname) %(objectname)", prefix).decode()
        return dict(line.rsplit(" ", 1) for line in output.splitlines())

    def ref(self, name: str) -> str | None:
        """Give the object that the full ref `name` points at."""
        return self.refs(name).get(name)

    def valid_ref(self, name: str) -> bool:
        """Tell whether git accepts `name` as a full ref name."""
        try:
            self._git("check-ref-format", name)
        except GitError:
            return False
        return True

    def resolve(self, revision: str) -> str | None:
        """Give the commit that a branch, tag, full ref or (abbreviated) id names."""
        if _SHA.fullmatch(revision):
            return revision if self.kind(revision) == "commit" else None
        for candidate in (
            f"refs/heads/{revision}",
            f"refs/tags/{revision}",
            f"refs/{revision}",
            revision,
        ):
            try:
                spec = candidate + "^{commit}"
                return (
                    self._git("rev-parse", "--verify", "--quiet", "--end-of-options", spec)
                    .decode()
                    .strip()
                )
            except GitError:
                continue
        return None

    def kind(self, sha: str) -> str | None:
        """Give the type of an object, None when it is not here."""
        if not _SHA.fullmatch(sha):
            return None
        try:
            return self._git("cat-file", "-t", sha).decode().strip()
        except GitError:
            return None

    def commits_among(self, names: Iterable[str]) -> frozenset[str]:
        """Return those of some (abbreviated) ids that name a commit here."""
        asked = sorted(names)
        if not asked:
            return frozenset()
        lines = "".join(f"{name}^{{commit}}\n" for name in asked)
        found = self._git("cat-file", "--batch-check=%(objecttype)", stdin=lines.encode())
        kinds = zip(asked, found.decode().splitlines(), strict=True)
        return frozenset(name for name, kind in kinds if kind == "commit")

    def commit(self, sha: str) -> Commit | None:
        """Read one commit."""
        return read_commit(self.directory, sha)

    def log(self, *arguments: str) -> list[Commit]:
        """List commits as `git log` does with these arguments."""
        return read_log(self.directory, *arguments)

    def count(self, *arguments: str) -> int:
        """Count the commits that `git rev-list` gives for these arguments."""
        return int(self._git("rev-list", "--count", *arguments).decode())

    def diff(self, base: str, head: str) -> list[FileDiff]:
        """Compare two commits or trees."""
        return read_diff(self.directory, base, head)

    def changes_of(self, commit: Commit) -> list[FileDiff]:
        """Compare a commit with its first parent, or with nothing."""
        return self.diff(commit.parents[0] if commit.parents else EMPTY_TREE, commit.sha)

    def merge_base(self, one: str, other: str) -> str | None:
        """Give the best common ancestor of two commits."""
        try:
            return self._git("merge-base", one, other).decode().strip()
        except GitError:
            return None

    def entries(self, tree: str, *, recursive: bool = False, path: str = "") -> list[Entry]:
        """List a tree (of a commit or tree id), below `path` when given.

        Raises:
            GitError: There is no such tree.
        """
        options = ("-r", "-t") if recursive else ()
        where = f"{tree}:{path}" if path else tree
        output = self._git("ls-tree", "-z", "--long", *options, "--end-of-options", where).decode(
            "utf-8", "replace"
        )
        found = []
        for line in output.split("\0")[:-1]:
            facts, name = line.split("\t", 1)
            mode, kind, sha, size = facts.split()
            full = f"{path}/{name}" if path else name
            found.append(Entry(mode, kind, sha, None if size == "-" else int(size), full))
        return found

    def entry(self, commit: str, path: str) -> Entry | None:
        """Find what stands at `path` in a commit."""
        output = self._git("ls-tree", "-z", "--long", "--full-tree", commit, "--", path).decode(
            "utf-8", "replace"
        )
        for line in output.split("\0")[:-1]:
            facts, name = line.split("\t", 1)
            mode, kind, sha, size = facts.split()
            if name == path:
                return Entry(mode, kind, sha, None if size == "-" else int(size), name)
        return None

    def blob(self, sha: str) -> bytes:
        """Read a blob."""
        return self._git("cat-file", "blob", sha)

    def write_blob(self, content: bytes) -> str:
        """Store a blob and give its id."""
        return self._git("hash-object", "-w", "--stdin", stdin=content).decode().strip()

    def write_tree(self, base: str | None, changes: list[Change]) -> str:
        """Store the tree `base` with `changes`, which may name nested paths.

        Without base start from nothing.

        Raises:
            GitError: A path is not acceptable, or an object that a change names is not here.
        """
        folder = Path(tempfile.mkdtemp(prefix="index-", dir=self.directory))
        try:
            extra = {"GIT_INDEX_FILE": str(folder / "index")}
            if base:
                git(self.directory, "read-tree", base, extra=extra)
            lines = [
                f"{c.mode} {c.sha or NOTHING}\t{c.path}\0" if c.sha else f"0 {NOTHING}\t{c.path}\0"
                for c in changes
            ]
            git(
                self.directory,
                "update-index",
                "-z",
                "--index-info",
                stdin="".join(lines).encode(),
                extra=extra,
            )
            return git(self.directory, "write-tree", extra=extra).decode().strip()
        finally:
            shutil.rmtree(folder)

    def write_commit(self, text: bytes) -> str:
        """Store a commit object given as git writes it, and give its id.

        Raises:
            GitError: The object is malformed.
        """
        return (
            self._git("hash-object", "-t", "commit", "-w", "--stdin", stdin=text).decode().strip()
        )

    def is_ancestor(self, old: str, new: str) -> bool:
        """Tell whether moving from `old` to `new` is a fast forward."""
        try:
            self._git("merge-base", "--is-ancestor", old, new)
        except GitError:
            return False
        return True

    def merge_trees(self, base: str, head: str) -> str | None:
        """Merge two commits into a tree; None when they conflict."""
        try:
            return self._git("merge-tree", "--write-tree", base, head).decode().split("\n", 1)[0]
        except GitError:
            return None

    def point(self, name: str, new: str | None, old: str) -> None:
        """Create, move or (with `new` None) delete a ref that stands at `old`.

        Raises:
            GitError: The ref has moved meanwhile, or the name clashes with another ref.
        """
        self._git("update-ref", "--create-reflog", name, new or NOTHING, old) if new else self._git(
            "update-ref", "-d", name, old
        )
