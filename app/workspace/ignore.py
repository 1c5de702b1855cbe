"""Which files of a tree are ignored, by the `.gitignore` files of a commit and of the tree itself.

It never asks git: git over a tree that an agent wrote can be made to run the agent's code.
"""

import re
from collections.abc import Iterator

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError

NAME = ".gitignore"
MOST_BYTES = 256 << 10
_MOST_LINE = 512
_MOST_STARS = 3
_MOST_DOUBLE_STARS = 3
_MOST_LINES = 500
# What Python's `re` would read as a set within a set, some day.
_ODD_SET = re.compile(r"\[.*(\[|--|&&|~~|\|\|)")
_RUN_OF_STARS = re.compile(r"\*+")


class Ignored:
    """Answers for one tree. Rules are added from the top down, as a walk meets them.

    What the commit ignores stays ignored unless the tree's own file says `!` to it, so that losing
    a `.gitignore` does not put a directory of dependencies into a commit.
    """

    def __init__(self) -> None:
        self._rules: dict[str, GitIgnoreSpec] = {}

    def add(self, directory: str, committed: bytes, present: bytes) -> None:
        """Take the rules of a directory ("" is the root), in the commit and in the tree."""
        lines = [*_lines(committed)]
        if present != committed:
            lines += _lines(present)
        if lines:
            self._rules[directory] = GitIgnoreSpec.from_lines(lines)

    def __call__(self, path: str, *, is_directory: bool) -> bool:
        """Tell whether the rules name a path whose parent directories are not ignored."""
        for directory in _upwards(path):
            rules = self._rules.get(directory)
            if rules is None:
                continue
            relative = path[len(directory) + 1 :] if directory else path
            verdict = rules.check_file(relative + "/" if is_directory else relative).include
            if verdict is not None:
                return verdict
        return False


def _upwards(path: str) -> Iterator[str]:
    """Yield the directories above a path, the nearest first: the deepest rule has the last word."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
    yield ""


def _lines(content: bytes) -> list[str]:
    """Return the patterns that can be matched in bounded time; the others ignore nothing."""
    text = content[:MOST_BYTES].decode("utf-8", "replace")
    return [line for line in text.splitlines()[:_MOST_LINES] if _is_usable(line)]


def _is_usable(line: str) -> bool:
    return _is_bounded(line) and _is_pattern(line)


def _is_pattern(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except (GitIgnorePatternError, re.error):
        return False
    return True


def _is_bounded(line: str) -> bool:
    if len(line) > _MOST_LINE or "\0" in line or _ODD_SET.search(line):
        return False
    runs = [_RUN_OF_STARS.findall(segment) for segment in line.split("/")]
    double = sum(segment == ["**"] for segment in runs)
    most = max((len(segment) for segment in runs), default=0)
    return most <= _MOST_STARS and double <= _MOST_DOUBLE_STARS
