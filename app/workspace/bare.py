"""Makes bare git directories: without templates, without filters, with objects borrowed.

What is in them is nothing to it.
"""

import os
from pathlib import Path

from app.workspace.git import Git

ATTRIBUTES = "* -text !eol -ident -filter !working-tree-encoding !diff !merge -export-subst\n"


async def init_bare(git: Git, gitdir: Path) -> None:
    """Make an empty bare git directory; one that is there stays as it is.

    Its attributes file takes precedence over those of every tree, so that no conversion, filter or
    encoding of a repository ever touches a file on its way out.
    """
    await git.run(
        gitdir, *("init", "--bare", "--quiet", "--template=", "--initial-branch=main"), str(gitdir)
    )
    (gitdir / "info").mkdir(exist_ok=True)
    (gitdir / "info" / "attributes").write_text(ATTRIBUTES)


async def init_borrowing(git: Git, gitdir: Path, lender: Path) -> None:
    """Make a bare git directory that reads another's objects too."""
    await init_bare(git, gitdir)
    # Written last: where it stands, all the rest does.
    place = _alternates(gitdir)
    place.parent.mkdir(exist_ok=True)
    place.write_text(_lent(gitdir, lender))
    place.chmod(0o644)  # The cage reads it as another user.


def borrows(gitdir: Path, lender: Path) -> bool:
    """Tell whether a git directory was made whole, with the objects of `lender`, which is there."""
    parts = (gitdir / "HEAD", gitdir / "config", gitdir / "refs", lender / "HEAD")
    return all(part.exists() for part in parts) and _read(_alternates(gitdir)) == _lent(
        gitdir, lender
    )


def _alternates(gitdir: Path) -> Path:
    return gitdir / "objects" / "info" / "alternates"


def _lent(gitdir: Path, lender: Path) -> str:
    """Return the line that lends; relative, so that both directories may move together."""
    return f"{os.path.relpath(lender / 'objects', gitdir / 'objects')}\n"


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
