"""The throw-away git directory that a cage has at `.git`, so that an agent can look at history.

It borrows the run's objects, which the cage sees read-only. The service never reads it.
"""

import asyncio
import shutil
from pathlib import Path

from app.workspace.bare import ATTRIBUTES
from app.workspace.sandbox.beneath import own_tree
from app.workspace.sandbox.cage import WORKSPACE, Mount

_STORES = "/run/objects"
_CONFIG = """\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
\tlogallrefupdates = false
\ttrustctime = false
\tcheckStat = minimal
[gc]
\tauto = 0
[advice]
\tdetachedHead = false
[user]
\tname = agent
\temail = agent@phaseline.invalid
"""


async def lay_out(
    place: Path, *, commit: str, base: str, base_branch: str, index: Path, owner: int | None
) -> None:
    """Make the directory: HEAD at a commit, `origin/<base_branch>` at the base, the index taken."""
    await asyncio.to_thread(_lay_out, place, commit, base, base_branch, index)
    if owner is not None:
        await asyncio.to_thread(own_tree, place, owner)


def mounts(place: Path, *, objects: Path, lender: Path, writable: bool) -> tuple[Mount, ...]:
    """Return what the cage mounts: the directory itself, the run's objects, the mirror's."""
    # The run's store names the mirror's objects by a path relative to its own.
    return (
        Mount(place, f"{WORKSPACE}/.git", writable=writable),
        Mount(objects / "objects", f"{_STORES}/runs/run.git/objects"),
        Mount(lender / "objects", f"{_STORES}/{lender.name}/objects"),
    )


def _lay_out(place: Path, commit: str, base: str, base_branch: str, index: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    branch = place / "refs" / "remotes" / "origin" / base_branch
    for directory in (place / "objects" / "info", place / "info", place / "refs" / "heads"):
        directory.mkdir(parents=True)
    branch.parent.mkdir(parents=True)
    branch.write_text(f"{base}\n")
    (place / "HEAD").write_text(f"{commit}\n")
    (place / "config").write_text(_CONFIG)
    (place / "info" / "attributes").write_text(ATTRIBUTES)
    alternates = f"{_STORES}/runs/run.git/objects\n"
    (place / "objects" / "info" / "alternates").write_text(alternates)
    shutil.copyfile(index, place / "index")
