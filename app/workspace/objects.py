"""The object store of one run: reads commits and writes blobs, trees and commits, all by plumbing.

It borrows the objects of the repository's mirror and never looks at a working tree.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.workspace.git import Git, GitError
from phases.core.errors import DefectError

EXECUTABLE = "100755"
REGULAR = "100644"
SYMLINK = "120000"
GITLINK = "160000"

_OBJECT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Entry:
    """One file of a tree; `size` in bytes, None for a gitlink."""

    mode: str
    oid: str
    size: int | None


Listing = Mapping[bytes, Entry]
"""The files of a tree by path."""


@dataclass(frozen=True)
class Signature:
    """Who made a commit and when, as git writes it: `name`, `email`, seconds since the epoch."""

    name: str
    email: str
    at: int

    def environment(self) -> dict[str, str]:
        """Return the variables from which git takes author and committer."""
        return {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (
                ("NAME", self.name),
                ("EMAIL", self.email),
                ("DATE", f"{self.at} +0000"),
            )
        }


@dataclass(frozen=True)
class Made:
    """A commit as it stands: `parents` separated by blanks, `message` whole."""

    sha: str
    tree: str
    parents: str
    email: str
    message: str


class Objects:
    """One bare git directory and what can be asked of it."""

    def __init__(self, git: Git, gitdir: Path) -> None:
        self._git = git
        self.gitdir = gitdir

    async def has_commit(self, sha: str) -> bool:
        """Tell whether the commit and its tree are here."""
        if not _OBJECT.fullmatch(sha):
            return False
        try:
            await self._git.run(self.gitdir, "cat-file", "-e", f"{sha}^{{tree}}")
        except GitError:
            return False
        return True

    async def tree_of(self, commit: str) -> str:
        """Return the tree of a commit."""
        return await self._word("rev-parse", "--verify", "--end-of-options", f"{commit}^{{tree}}")

    async def is_ancestor(self, older: str, newer: str) -> bool:
        """Tell whether `newer` is `older` or was made on top of it."""
        try:
            await self._git.run(self.gitdir, "merge-base", "--is-ancestor", older, newer)
        except GitError as error:
            if error.code == 1:
                return False
            raise
        return True

    async def listing(self, treeish: str) -> dict[bytes, Entry]:
        """Return the files of a commit or tree."""
        output = await self._git.run(
            self.gitdir, "ls-tree", "-r", "-z", "-l", "--full-tree", "--end-of-options", treeish
        )
        listing: dict[bytes, Entry] = {}
        for line in output.split(b"\0")[:-1]:
            meta, _, path = line.partition(b"\t")
            mode, _, oid, size = meta.decode().split()
            listing[path] = Entry(mode, oid, None if size == "-" else int(size))
        return listing

    async def blobs(self, oids: Sequence[str]) -> list[bytes]:
        """Return the contents of blobs, in order; callers look at sizes first."""
        if not oids:
            return []
        output = await self._git.run(
            self.gitdir, "cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in oids).encode()
        )
        contents: list[bytes] = []
        at = 0
        for oid in oids:
            end = output.index(b"\n", at)
            header = output[at:end].split()
            if len(header) != 3 or header[1] != b"blob":  # noqa: PLR2004 - oid, type, size.
                raise DefectError(f"object {oid} is no blob of this repository")
            size = int(header[2])
            contents.append(output[end + 1 : end + 1 + size])
            at = end + 1 + size + 1
        return contents

    def blob_now(self, oid: str) -> bytes:
        """Return the content of one blob while the caller waits."""
        return self._git.run_now(self.gitdir, "cat-file", "blob", oid)

    async def write_blobs(self, contents: Iterable[bytes]) -> None:
        """Store blobs, byte for byte as they are."""
        stream = bytearray()
        for content in contents:
            stream += b"blob\ndata %d\n" % len(content) + content + b"\n"
        if stream:
            stream += b"done\n"
            await self._git.run(
                self.gitdir, "fast-import", "--quiet", "--done", stdin=bytes(stream)
            )

    async def pack(self, tree: str, *, without: Sequence[str], most: int) -> bytes | None:
        """Return what a tree has over other trees, packed; None when that is more than `most`."""
        wanted = "".join(f"{line}\n" for line in (tree, *(f"^{known}" for known in without)))
        try:
            return await self._git.run(
                self.gitdir,
                *("pack-objects", "--revs", "--stdout", "--quiet"),
                stdin=wanted.encode(),
                most=most,
            )
        except GitError as error:
            if error.code is None:
                return None
            raise

    async def unpack(self, pack: bytes) -> None:
        """Take the objects of a pack in.

        Raises:
            GitError: when it is damaged.
        """
        await self._git.run(self.gitdir, "unpack-objects", "-q", stdin=pack)

    async def write_tree(
        self, start: str, changes: Mapping[bytes, tuple[str, str] | None], index: Path
    ) -> str:
        """Return the tree that differs from `start` by `changes` (mode and blob; None deletes).

        `index` is a path that git may use for this one call.
        """
        environment = {"GIT_INDEX_FILE": str(index)}
        gone = [b"0 %s\t%s\0" % (b"0" * 40, path) for path, new in changes.items() if new is None]
        there = [
            f"{new[0]} {new[1]} 0\t".encode() + path + b"\0"
            for path, new in changes.items()
            if new is not None
        ]
        try:
            await self._git.run(
                self.gitdir, "read-tree", "--end-of-options", start, environment=environment
            )
            await self._git.run(
                self.gitdir,
                *("update-index", "-z", "--index-info"),
                stdin=b"".join([*gone, *there]),
                environment=environment,
            )
            return await self._word("write-tree", environment=environment)
        finally:
            _discard(index)

    async def write_commit(
        self, tree: str, parents: Sequence[str], message: str, signature: Signature, *, ref: str
    ) -> str:
        """Make a commit and hold it by a ref; return its name."""
        sha = await self._word(
            *("commit-tree", *(f"-p{parent}" for parent in parents), tree),
            stdin=message.encode(),
            environment=signature.environment(),
        )
        await self._git.run(self.gitdir, "update-ref", "--end-of-options", ref, sha)
        return sha

    async def ref(self, name: str) -> str | None:
        """Return what a ref points to, or None."""
        try:
            return await self._word("show-ref", "--verify", "--hash", "--", name)
        except GitError:
            return None

    async def diff(self, old: str, new: str, *, most: int) -> tuple[str, bool]:
        """Return the unified diff of two commits, at most `most` bytes, and whether it is whole."""
        output, whole = await self._git.head(
            self.gitdir,
            *("diff-tree", "-p", "-r", "-M", "--no-ext-diff", "--no-textconv", "--no-color"),
            *("--end-of-options", old, new),
            most=most,
        )
        return output.decode("utf-8", "replace"), whole

    async def statistics(self, old: str, new: str) -> tuple[tuple[str, ...], int, int]:
        """Return the files that differ between two commits, with lines added and deleted."""
        output = await self._git.run(
            self.gitdir,
            *("diff-tree", "-r", "-z", "--numstat", "--no-renames", "--no-textconv"),
            *("--end-of-options", old, new),
        )
        rows = [row.split(b"\t", 2) for row in output.split(b"\0")[:-1]]
        count = [tuple(0 if cell == b"-" else int(cell) for cell in row[:2]) for row in rows]
        files = tuple(row[2].decode("utf-8", "backslashreplace") for row in rows)
        return files, sum(added for added, _ in count), sum(deleted for _, deleted in count)

    async def commits(self, tip: str, *, behind: str, most: int) -> list[Made]:
        """Return what `tip` has over `behind`, newest first."""
        output = await self._git.run(
            self.gitdir,
            *("log", "-z", f"--max-count={most}", "--no-show-signature"),
            "--format=%H%n%T%n%P%n%ae%n%B",
            *("--end-of-options", tip, f"^{behind}"),
        )
        records = output.decode("utf-8", "replace").split("\0")
        return [Made(*record.split("\n", 4)) for record in records if record.strip()]

    async def _word(
        self,
        *arguments: str,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
    ) -> str:
        output = await self._git.run(self.gitdir, *arguments, stdin=stdin, environment=environment)
        return output.decode().strip()


def _discard(path: Path) -> None:
    path.unlink(missing_ok=True)
