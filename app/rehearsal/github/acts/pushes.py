"""Report refs that have moved: `push` events, and pull requests that follow their branch.

It moves nothing itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from app.rehearsal.github.acts.issues import announce, close_issue, record, touch
from app.rehearsal.github.acts.signatures import noreply
from app.rehearsal.github.git.bare import NOTHING
from app.rehearsal.github.hooks.emit import emit
from app.rehearsal.github.store.issues import Issue
from app.rehearsal.github.store.pulls import Pull
from app.rehearsal.github.store.repositories import ReportedRef, Repository
from app.rehearsal.github.views.commits import account_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.rehearsal.github.context import Context
    from app.rehearsal.github.git.commits import Commit

# docs.github.com/webhooks/webhook-events-and-payloads#push: the array includes a maximum of 2048
# commits.
MOST_COMMITS = 2048


def report_moves(
    context: Context, repository: Repository, only: Sequence[str] | None = None
) -> list[dict[str, str]]:
    """Compare git with what was reported last and report the difference.

    `only` these full ref names when given.

    Gives the moves as `ref`, `before` and `after`.
    """
    standing = {
        n: s
        for n, s in context.git(repository).refs("refs/").items()
        if not n.startswith("refs/pull/")
    }
    rows = context.session.scalars(
        select(ReportedRef).where(ReportedRef.repository_id == repository.id)
    )
    reported = {row.name: row for row in rows}
    moves = []
    for name in sorted({*standing, *reported}):
        before = reported[name].sha if name in reported else NOTHING
        after = standing.get(name, NOTHING)
        if before != after and (only is None or name in only):
            _remember(context, repository, reported.get(name), name, after)
            moves.append({"ref": name, "before": before, "after": after})
    for move in moves:
        _report(context, repository, **move)
    return moves


def _remember(
    context: Context, repository: Repository, row: ReportedRef | None, name: str, sha: str
) -> None:
    if row is None:
        context.session.add(ReportedRef(repository_id=repository.id, name=name, sha=sha))
    elif sha == NOTHING:
        context.session.delete(row)
    else:
        row.sha = sha


def _report(context: Context, repository: Repository, ref: str, before: str, after: str) -> None:
    if not ref.startswith(("refs/heads/", "refs/tags/")):
        return
    repository.pushed_at = context.time
    context.session.flush()
    _emit_push(context, repository, ref, before, after)
    if ref.startswith("refs/heads/"):
        _follow(context, repository, ref.removeprefix("refs/heads/"), before, after)


def _emit_push(context: Context, repository: Repository, ref: str, before: str, after: str) -> None:
    git = context.git(repository)
    forced = NOTHING not in (before, after) and not git.is_ancestor(before, after)
    commits = _pushed(context, repository, ref, before, after)
    page = context.site.page(repository)
    head = git.commit(after) if after != NOTHING else None
    compare = f"{page}/compare/{before[:12]}...{after[:12]}"
    if before == NOTHING:
        compare = f"{page}/commit/{after[:12]}"
    account = context.account
    emit(
        context,
        repository,
        "push",
        None,
        ref=ref,
        before=before,
        after=after,
        created=before == NOTHING,
        deleted=after == NOTHING,
        forced=forced,
        base_ref=None,
        compare=compare,
        commits=[_pushed_commit(context, repository, commit) for commit in commits],
        head_commit=_pushed_commit(context, repository, head) if head else None,
        pusher={
            "name": account.login,
            "email": noreply(account),
        },
    )


def _pushed(
    context: Context, repository: Repository, ref: str, before: str, after: str
) -> list[Commit]:
    if after == NOTHING:
        return []
    git = context.git(repository)
    others = [f"^{sha}" for name, sha in git.refs().items() if name != ref]
    known = others if before == NOTHING else [f"^{before}"]
    return list(reversed(git.log(f"--max-count={MOST_COMMITS}", after, *known, "--")))


def _pushed_commit(context: Context, repository: Repository, commit: Commit) -> dict[str, Any]:
    files = context.git(repository).changes_of(commit)
    people = {}
    for role, signature in (("author", commit.author), ("committer", commit.committer)):
        account = account_of(context, signature)
        name = {"name": signature.name, "email": signature.email}
        people[role] = {
            **name,
            "date": signature.date,
            **({"username": account.login} if account else {}),
        }
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "distinct": True,
        "message": commit.message,
        "timestamp": commit.committer.date,
        "url": f"{context.site.page(repository)}/commit/{commit.sha}",
        **people,
        "added": [f.path for f in files if f.status in {"added", "copied", "renamed"}],
        "removed": [f.previous or f.path for f in files if f.status in {"removed", "renamed"}],
        "modified": [f.path for f in files if f.status in {"modified", "changed"}],
    }


def _follow(context: Context, repository: Repository, branch: str, before: str, after: str) -> None:
    rows = context.session.scalars(
        select(Pull)
        .join(Issue, Pull.issue_id == Issue.id)
        .where(
            Issue.repository_id == repository.id,
            Issue.state == "open",
            or_(Pull.head_ref == branch, Pull.base_ref == branch),
        )
    ).all()
    for pull in rows:
        if pull.head_ref == branch:
            _move_head(context, pull, before, after)
        elif after != NOTHING:
            pull.base_sha = after
            if context.git(repository).is_ancestor(pull.head_sha, after):
                _merged_by_push(context, pull, after)


def _merged_by_push(context: Context, pull: Pull, after: str) -> None:
    pull.merged_at = context.time
    pull.merged_by = context.account
    pull.merge_commit_sha = after
    record(context, pull.issue, "merged", {}, commit_id=after)
    close_issue(context, pull.issue, None)


def _move_head(context: Context, pull: Pull, before: str, after: str) -> None:
    issue = pull.issue
    if after == NOTHING:
        record(context, issue, "head_ref_deleted", {})
        close_issue(context, issue, None)
        return
    git = context.git(issue.repository)
    if not git.is_ancestor(pull.head_sha, after):
        record(context, issue, "head_ref_force_pushed", {}, commit_id=after)
    pull.head_sha = after
    show_head(context, pull)
    touch(context, issue)
    announce(context, issue, "synchronize", before=before, after=after)


def show_head(context: Context, pull: Pull) -> None:
    """Point `refs/pull/<number>/head` at the pull request's head, which keeps its commits."""
    git = context.git(pull.issue.repository)
    name = f"refs/pull/{pull.issue.number}/head"
    standing = git.ref(name)
    if standing != pull.head_sha:
        git.point(name, pull.head_sha, standing or NOTHING)
