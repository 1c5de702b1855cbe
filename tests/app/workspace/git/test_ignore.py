"""Ignore rules are read as git reads them; a hostile one costs nothing."""

import subprocess
from pathlib import Path

import pytest

from app.workspace.ignore import Ignored

RULES = {
    "": (
        "*.log\n!keep.log\nbuild/\n/only-root\ndoc/*.txt\n**/cache\nsecret?\n[ab]x\n"
        "\\!bang\ntrail \n#c\n"
    ),
    "sub": "*.tmp\n!special.log\n/here\n",
    "sub/deep": "!*.tmp\n",
}
PATHS = [
    "a.log",
    "keep.log",
    "sub/keep.log",
    "sub/special.log",
    "special.log",
    "only-root",
    "sub/only-root",
    "doc/a.txt",
    "doc/b/a.txt",
    "cache",
    "x/y/cache",
    "secret1",
    "secret",
    "ax",
    "cx",
    "!bang",
    "trail",
    "#c",
    "sub/a.tmp",
    "sub/deep/a.tmp",
    "a.tmp",
    "sub/here",
    "sub/deep/here",
    "buildx",
]


def rules() -> Ignored:
    ignored = Ignored()
    for directory, text in RULES.items():
        ignored.add(directory, b"", text.encode())
    return ignored


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_ignored_exactly_when_git_ignores_it(path: str, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for directory, text in RULES.items():
        (tmp_path / directory).mkdir(parents=True, exist_ok=True)
        (tmp_path / directory / ".gitignore").write_text(text)

    asked = subprocess.run(["git", "-C", str(tmp_path), "check-ignore", "-q", path], check=False)

    assert rules()(path, is_directory=False) is (asked.returncode == 0)


def test_a_directory_rule_is_for_directories_alone() -> None:
    assert rules()("build", is_directory=True)
    assert not rules()("build", is_directory=False)


@pytest.mark.parametrize(
    "line", ["a*" * 40, "**/" * 30 + "x", "x" * 600, "[[a]--b]", "!", "\\", "[z-a]", "a\0b"]
)
def test_a_rule_that_would_take_for_ever_or_cannot_be_read_ignores_nothing(line: str) -> None:
    ignored = Ignored()

    ignored.add("", b"", f"{line}\n*.log\n".encode())

    assert not ignored("a" * 250, is_directory=False)
    assert ignored("x.log", is_directory=False)
