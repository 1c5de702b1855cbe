"""Reads a sample's history.yaml: which files each commit brought. It does not touch git.

    commits:
      - message: "feat: read durations"
        date: 2026-03-02T09:10:00+00:00
        paths: ["back/**", "README.md"]      # globs over the tree, as in .gitignore

A path of the tree enters with the first commit that names it, and every later one that names it
writes it again. A commit takes a file from `earlier/<number of the commit>/<path>` beside the
history when it stands there, else as it is in the tree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml
from pathspec import GitIgnoreSpec


class BuildError(Exception):
    """The repository cannot be built; the message says why and what to do."""


@dataclass(frozen=True)
class Commit:
    """One commit: its message, its moment, and the contents of the paths it writes."""

    message: str
    date: datetime
    files: Mapping[str, bytes]


def read(history: Path, repository: Path) -> tuple[Commit, ...]:
    """Return the commits, oldest first. Raises BuildError when they do not lead to the tree."""
    tree = _files_below(repository)
    commits: list[Commit] = []
    for number, entry in enumerate(yaml.safe_load(history.read_text())["commits"], start=1):
        earlier = _files_below(history.parent / "earlier" / str(number))
        spec = GitIgnoreSpec.from_lines(entry["paths"])
        named = {path: tree[path] for path in tree if spec.match_file(path)}
        commits.append(Commit(entry["message"], entry["date"], named | earlier))
    _demand_whole(history, tree, commits)
    return tuple(commits)


def _files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _demand_whole(history: Path, tree: Mapping[str, bytes], commits: list[Commit]) -> None:
    result: dict[str, bytes] = {}
    for commit in commits:
        result |= commit.files
    wrong = sorted(path for path in {*tree, *result} if tree.get(path) != result.get(path))
    if wrong:
        raise BuildError(
            f"{history}: the last commit does not leave these files as the tree has them: "
            f"{', '.join(wrong)}. Name them in the paths of a commit."
        )
