"""Pages of a repository's code: files, branches, commits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.rehearsal.github import refusals
from app.rehearsal.github.acts.refs import is_protected
from app.rehearsal.github.git.commits import Commit
from app.rehearsal.github.git.diffs import FileDiff, Line, read_lines
from app.rehearsal.github.pages.gate import Page, Plain
from app.rehearsal.github.views.commits import account_of

if TYPE_CHECKING:
    from app.rehearsal.github.git.bare import Entry
    from app.rehearsal.github.pages.gate import Result, Visit

COMMITS_A_PAGE = 50
# Larger files are offered raw instead of being shown.
LARGEST_SHOWN = 512 * 1024
# A diff with more lines is folded at first.
LARGEST_OPEN_DIFF = 400


@dataclass(frozen=True)
class ShownFile:
    """A changed file with its numbered lines."""

    file: FileDiff
    lines: list[Line]

    @property
    def large(self) -> bool:
        """Whether it starts folded."""
        return len(self.lines) > LARGEST_OPEN_DIFF


@dataclass(frozen=True)
class ShownCommit:
    """A commit with the login of its author, where the address belongs to somebody here."""

    commit: Commit
    login: str


def shown_files(files: list[FileDiff]) -> list[ShownFile]:
    """Number the lines of changed files."""
    return [ShownFile(file, read_lines(file.patch or "") if file.patch else []) for file in files]


def shown_commits(visit: Visit, commits: list[Commit]) -> list[ShownCommit]:
    """Find the people behind commits."""
    found = []
    for commit in commits:
        account = account_of(visit.context, commit.author)
        found.append(ShownCommit(commit, account.login if account else commit.author.name))
    return found


def split_ref(visit: Visit, text: str) -> tuple[str, str, str]:
    """Split `branch/with/slashes/and/path` into the ref, its commit and the path.

    Raises:
        RefusedError: 404 when nothing before a slash is a ref.
    """
    parts = text.strip("/").split("/")
    branches = {name.removeprefix("refs/heads/"): sha for name, sha in visit.git.refs().items()}
    for count in range(len(parts), 0, -1):
        name = "/".join(parts[:count])
        if name in branches:
            return name, branches[name], "/".join(parts[count:])
    sha = visit.git.resolve(parts[0])
    if sha is None:
        raise refusals.not_found()
    return parts[0], sha, "/".join(parts[1:])


def _branches(visit: Visit) -> list[str]:
    return [name.removeprefix("refs/heads/") for name in visit.git.refs()]


def front(visit: Visit) -> Result:
    """The repository's first page."""
    return _tree(visit, visit.repository.default_branch)


def tree(visit: Visit) -> Result:
    """A directory of a branch or commit."""
    return _tree(visit, visit.names["rest"])


def _tree(visit: Visit, where: str) -> Result:
    ref, sha, path = split_ref(visit, where)
    git = visit.git
    entry = git.entry(sha, path) if path else None
    if path and (entry is None or entry.kind != "tree"):
        raise refusals.not_found()
    entries = sorted(git.entries(sha, path=path), key=lambda row: (row.kind != "tree", row.path))
    newest = git.log("-1", sha, "--", *([path] if path else []))
    return Page(
        "tree.html",
        {
            "tab": "code",
            "ref": ref,
            "path": path,
            "entries": entries,
            "branches": _branches(visit),
            "latest": shown_commits(visit, newest),
            "commits": git.count(sha),
            "readme": _readme(visit, entries),
        },
    )


def _readme(visit: Visit, entries: list[Entry]) -> dict[str, Any] | None:
    for entry in entries:
        name = entry.path.rpartition("/")[2]
        if entry.kind == "blob" and name.lower() in {"readme.md", "readme", "readme.txt"}:
            return {"name": name, "text": visit.git.blob(entry.sha).decode("utf-8", "replace")}
    return None


def blob(visit: Visit) -> Result:
    """A file."""
    ref, sha, path = split_ref(visit, visit.names["rest"])
    entry = visit.git.entry(sha, path)
    if entry is None or entry.kind != "blob":
        raise refusals.not_found()
    content = visit.git.blob(entry.sha)
    text = (
        None
        if b"\0" in content or len(content) > LARGEST_SHOWN
        else content.decode("utf-8", "replace")
    )
    latest = shown_commits(visit, visit.git.log("-1", sha, "--", path))
    rendered = path.lower().endswith(".md") and "plain" not in visit.query
    values = {
        "ref": ref,
        "path": path,
        "text": text,
        "size": len(content),
        "latest": latest,
        "rendered": rendered,
    }
    return Page("blob.html", {"tab": "code", **values})


def raw(visit: Visit) -> Result:
    """A file's bytes, always as plain text."""
    _, sha, path = split_ref(visit, visit.names["rest"])
    entry = visit.git.entry(sha, path)
    if entry is None or entry.kind != "blob":
        raise refusals.not_found()
    return Plain(visit.git.blob(entry.sha), "text/plain; charset=utf-8")


def commits(visit: Visit) -> Result:
    """The history of a branch."""
    ref, sha, path = split_ref(visit, visit.names.get("rest") or visit.repository.default_branch)
    found = visit.git.log(f"--max-count={COMMITS_A_PAGE}", sha, "--", *([path] if path else []))
    values = {"ref": ref, "commits": shown_commits(visit, found), "branches": _branches(visit)}
    return Page("commits.html", {"tab": "code", **values})


def commit(visit: Visit) -> Result:
    """One commit with what it changed."""
    sha = visit.git.resolve(visit.names["sha"])
    found = visit.git.commit(sha) if sha else None
    if found is None:
        raise refusals.not_found()
    files = shown_files(visit.git.changes_of(found))
    return Page(
        "commit.html", {"tab": "code", "shown": shown_commits(visit, [found])[0], "files": files}
    )


def branches(visit: Visit) -> Result:
    """Every branch, with how far it is from the default one."""
    git, default = visit.git, visit.repository.default_branch
    base = git.ref(f"refs/heads/{default}") or ""
    rows = []
    for name, sha in git.refs().items():
        short = name.removeprefix("refs/heads/")
        rows.append(
            {
                "name": short,
                "latest": shown_commits(visit, git.log("-1", sha, "--"))[0],
                "ahead": git.count(sha, f"^{base}"),
                "behind": git.count(base, f"^{sha}"),
                "protected": is_protected(visit.context, visit.repository, short),
            }
        )
    return Page("branches.html", {"tab": "code", "rows": rows})
