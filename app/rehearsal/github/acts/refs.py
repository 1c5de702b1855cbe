"""Move refs through the API, by the rules that pushes meet too.

Protected branches and workflow files.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.acts.pushes import report_moves
from app.rehearsal.github.git.bare import NOTHING
from app.rehearsal.github.git.plumbing import GitError
from app.rehearsal.github.store.repositories import Protection

if TYPE_CHECKING:
    from app.rehearsal.github.context import Context
    from app.rehearsal.github.store.repositories import Repository

WORKFLOWS = ".github/workflows"
_RULES = "https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository"


def protections(context: Context, repository: Repository) -> list[str]:
    """The patterns of the repository's protected branches."""
    return list(
        context.session.scalars(
            select(Protection.branch)
            .where(Protection.repository_id == repository.id)
            .order_by(Protection.branch)
        )
    )


def is_protected(context: Context, repository: Repository, branch: str) -> bool:
    """Tell whether a branch is protected."""
    return any(fnmatchcase(branch, pattern) for pattern in protections(context, repository))


def move_ref(
    context: Context, repository: Repository, name: str, new: str | None, old: str
) -> None:
    """Create, move or delete the full ref `name`, which stands at `old`, and report it.

    Raises:
        RefusedError: 422 for a protected branch, 403 for a workflow file without the
            permission, 409 for a clash.
    """
    if name.startswith("refs/heads/") and is_protected(
        context, repository, name.removeprefix("refs/heads/")
    ):
        raise refusals.RefusedError(
            422,
            "Repository rule violations found\n\nChanges must be made through a pull request.\n\n",
            documentation=_RULES,
        )
    if new is not None and _touches_workflows(context, repository, new):
        raise refusals.not_accessible()
    repository.writer_id = context.account.id
    try:
        context.git(repository).point(name, new, old)
    except GitError as error:
        raise refusals.RefusedError(409, "Reference cannot be updated") from error
    report_moves(context, repository, [name])


def _touches_workflows(context: Context, repository: Repository, new: str) -> bool:
    grant = context.actor.grant
    if grant is None or grant.allows("workflows", "write"):
        return False
    git = context.git(repository)
    if git.kind(new) != "commit":
        return False
    standing = [f"^{sha}" for sha in git.refs("refs/").values() if sha != NOTHING]
    return bool(git.log("-1", "-m", new, *standing, "--", WORKFLOWS))
