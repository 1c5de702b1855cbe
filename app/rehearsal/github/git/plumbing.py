"""Start git with nothing of the host's configuration.

Every git process of the stand-in is started from here.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GIT = "/usr/bin/git"

_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "safe.directory": "*",
    "gc.auto": "0",
    "receive.autogc": "false",
    "advice.detachedHead": "false",
}


class GitError(Exception):
    """Git refused; the text is what it wrote to its error stream."""


def environment(settings: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """Make the whole environment of a git process.

    No host configuration, then `settings`, then `extra` variables.
    """
    chosen = {**_SETTINGS, **settings}
    variables = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": str(len(chosen)),
    }
    for index, (key, value) in enumerate(chosen.items()):
        variables[f"GIT_CONFIG_KEY_{index}"] = key
        variables[f"GIT_CONFIG_VALUE_{index}"] = value
    return {**variables, **extra}


def git(
    directory: Path, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None
) -> bytes:
    """Run git on the bare repository `directory` and give its output.

    Raises:
        GitError: Git ended with an error.
    """
    return _run([GIT, f"--git-dir={directory}", *arguments], stdin, extra or {})


def run_git(folder: Path, *arguments: str) -> bytes:
    """Run git in a checkout or bare repository, whichever `folder` is.

    Raises:
        GitError: Git ended with an error.
    """
    return _run([GIT, "-C", str(folder), *arguments], b"", {})


def _run(command: list[str], stdin: bytes, extra: Mapping[str, str]) -> bytes:
    done = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        check=False,
        env=environment({}, extra),
    )
    if done.returncode:
        raise GitError(
            done.stderr.decode("utf-8", "replace").strip() or f"git ended with {done.returncode}"
        )
    return done.stdout
