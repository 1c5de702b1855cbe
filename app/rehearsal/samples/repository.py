"""Builds a sample's git repository, always with the same shas; it hosts and checks nothing."""

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.rehearsal.samples.catalogue import SAMPLES
from app.rehearsal.samples.history import BuildError, Commit, read

BRANCH = "main"
AUTHOR = "Sample Author <author@example.invalid>"

# Nothing of the host's git configuration, hooks or templates gets into the repository.
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
}
_FLAGS = ("-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false", "-c", "gc.auto=0")


def build(sample: str, target: Path) -> None:
    """Make a git repository with the sample's history at `target`, its branch checked out.

    Raises BuildError when there is no such sample, when `target` holds anything, or when git fails.
    """
    if sample not in SAMPLES:
        raise BuildError(f"there is no sample {sample!r}; there are: {', '.join(sorted(SAMPLES))}")
    if target.exists() and any(target.iterdir()):
        raise BuildError(f"{target} is not empty; name a directory that is empty or does not exist")
    commits = read(SAMPLES[sample].history, SAMPLES[sample].repository)
    target.mkdir(parents=True, exist_ok=True)
    _git(target, "init", "--quiet", "--template=", f"--initial-branch={BRANCH}")
    _git(target, "fast-import", "--quiet", stdin=b"".join(_stream(commits)))
    _git(target, "checkout", "--quiet", BRANCH)


def _stream(commits: Iterable[Commit]) -> Iterator[bytes]:
    """Yield the commits in the format of git-fast-import(1)."""
    for commit in commits:
        when = f"{int(commit.date.timestamp())} +0000"
        yield f"commit refs/heads/{BRANCH}\n".encode()
        yield f"author {AUTHOR} {when}\ncommitter {AUTHOR} {when}\n".encode()
        yield _data(commit.message.strip().encode() + b"\n")
        for path, content in sorted(commit.files.items()):
            yield f"M 100644 inline {path}\n".encode()
            yield _data(content)
    yield b"done\n"


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)


def _git(repository: Path, *arguments: str, stdin: bytes = b"") -> None:
    done = subprocess.run(
        ["git", *_FLAGS, "-C", str(repository), *arguments],
        input=stdin,
        env=_ENVIRONMENT,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        complaint = done.stderr.decode(errors="replace").strip()
        raise BuildError(f"git {arguments[0]} failed in {repository}: {complaint}")
