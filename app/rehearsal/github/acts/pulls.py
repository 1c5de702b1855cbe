"""Open pull requests, flip them between draft and ready, ask for reviews, and merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.access.actors import role_of
from app.rehearsal.github.acts.issues import (
    announce,
    check_text,
    close_issue,
    new_issue,
    record,
    touch,
)
from app.rehearsal.github.acts.pushes import report_moves, show_head
from app.rehearsal.github.acts.signatures import commit_text, noreply, signature
from app.rehearsal.github.git.bare import NOTHING
from app.rehearsal.github.store.issues import Issue
from app.rehearsal.github.store.pulls import Pull
from app.rehearsal.github.views.people import simple_user

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.rehearsal.github.context import Context
    from app.rehearsal.github.store.people import Account
    from app.rehearsal.github.store.repositories import Repository


def open_pull(
    context: Context,
    repository: Repository,
    title: str,
    body: str | None,
    head: str,
    base: str,
    *,
    draft: bool,
) -> Pull:
    """Open a pull request from branch `head` (plain or `owner:branch`) to branch `base`.

    Raises:
        RefusedError: 422 for an unknown branch, for no commits between the two, for a second
            one of the same branch.
    """
    check_text("PullRequest", title, body)
    branch, head_sha, base_sha = _ends(context, repository, head, base)
    git = context.git(repository)
    if not git.count(head_sha, f"^{base_sha}"):
        raise refusals.custom("PullRequest", f"No commits between {base} and {branch}")
    if _open_between(context, repository, branch, base):
        name = f"{repository.owner.login}:{branch}"
        raise refusals.custom("PullRequest", f"A pull request already exists for {name}.")
    issue = new_issue(context, repository, title, body)
    pull = Pull(
        head_ref=branch,
        head_sha=head_sha,
        base_ref=base,
        base_sha=base_sha,
        draft=draft,
        issue=issue,
    )
    context.session.add(pull)
    context.session.flush()
    show_head(context, pull)
    announce(context, issue, "opened")
    return pull


def _ends(context: Context, repository: Repository, head: str, base: str) -> tuple[str, str, str]:
    owner, found, branch = head.rpartition(":")
    if found and owner.lower() != repository.owner.login.lower():
        raise refusals.invalid_field("PullRequest", "head")
    git = context.git(repository)
    head_sha, base_sha = git.ref(f"refs/heads/{branch}"), git.ref(f"refs/heads/{base}")
    if head_sha is None:
        raise refusals.invalid_field("PullRequest", "head")
    if base_sha is None:
        raise refusals.invalid_field("PullRequest", "base")
    return branch, head_sha, base_sha


def _open_between(context: Context, repository: Repository, branch: str, base: str) -> Pull | None:
    return context.session.scalar(
        select(Pull)
        .join(Issue, Pull.issue_id == Issue.id)
        .where(
            Issue.repository_id == repository.id,
            Issue.state == "open",
            Pull.head_ref == branch,
            Pull.base_ref == base,
        )
    )


def mark_ready(context: Context, pull: Pull) -> None:
    """Take the draft state off."""
    pull.draft = False
    touch(context, pull.issue)
    record(context, pull.issue, "ready_for_review", {})
    announce(context, pull.issue, "ready_for_review")


def convert_to_draft(context: Context, pull: Pull) -> None:
    """Make it a draft again."""
    pull.draft = True
    touch(context, pull.issue)
    record(context, pull.issue, "convert_to_draft", {})
    announce(context, pull.issue, "converted_to_draft")


def change_base(context: Context, pull: Pull, base: str) -> None:
    """Aim a pull request at another branch.

    Raises:
        RefusedError: 422 when there is no such branch.
    """
    sha = context.git(pull.issue.repository).ref(f"refs/heads/{base}")
    if sha is None:
        raise refusals.invalid_field("PullRequest", "base")
    changes = {"base": {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}}
    pull.base_ref, pull.base_sha = base, sha
    touch(context, pull.issue)
    announce(context, pull.issue, "edited", changes=changes)


def request_reviews(context: Context, pull: Pull, reviewers: Sequence[Account]) -> None:
    """Ask people to review.

    Raises:
        RefusedError: 422 when one is not a collaborator, or is the author.
    """
    repository = pull.issue.repository
    for account in reviewers:
        if account.id == pull.issue.author_id:
            raise refusals.unprocessable("Review cannot be requested from pull request author.")
        if account.kind != "User" or role_of(repository, account) is None:
            raise not_a_collaborator(repository)
    for account in reviewers:
        if account in pull.requested_reviewers:
            continue
        pull.requested_reviewers.append(account)
        shown = simple_user(context.site, account)
        asked = {
            "requested_reviewer": shown,
            "review_requester": simple_user(context.site, context.account),
        }
        record(context, pull.issue, "review_requested", asked)
        touch(context, pull.issue)
        announce(context, pull.issue, "review_requested", requested_reviewer=shown)


def not_a_collaborator(repository: Repository) -> refusals.RefusedError:
    """422: somebody who is asked for a review has no access."""
    return refusals.unprocessable(
        "Reviews may only be requested from collaborators. One or more of the users or teams you"
        f" specified is not a collaborator of the {repository.full_name} repository."
    )


def withdraw_requests(context: Context, pull: Pull, reviewers: Sequence[Account]) -> None:
    """Take review requests back."""
    for account in reviewers:
        if account not in pull.requested_reviewers:
            continue
        pull.requested_reviewers.remove(account)
        shown = simple_user(context.site, account)
        asked = {
            "requested_reviewer": shown,
            "review_requester": simple_user(context.site, context.account),
        }
        record(context, pull.issue, "review_request_removed", asked)
        touch(context, pull.issue)
        announce(context, pull.issue, "review_request_removed", requested_reviewer=shown)


def merge(context: Context, pull: Pull, title: str | None, message: str | None) -> str:
    """Merge by a merge commit and give its id.

    Raises:
        RefusedError: 405 for a draft, a closed pull request or a conflict.
    """
    issue, git = pull.issue, context.git(pull.issue.repository)
    if pull.draft:
        raise refusals.RefusedError(405, "Pull Request is still a draft")
    tree = git.merge_trees(pull.base_sha, pull.head_sha) if issue.state == "open" else None
    if tree is None:
        raise refusals.RefusedError(405, "Pull Request is not mergeable")
    account = context.account
    who = signature(account.login, noreply(account), context.now)
    branch = f"{issue.repository.owner.login}/{pull.head_ref}"
    heading = title or f"Merge pull request #{issue.number} from {branch}"
    parents = [pull.base_sha, pull.head_sha]
    text = commit_text(tree, parents, who, who, f"{heading}\n\n{message or issue.title}")
    sha = git.write_commit(text)
    name = f"refs/heads/{pull.base_ref}"
    git.point(name, sha, git.ref(name) or NOTHING)
    pull.merged_at, pull.merged_by, pull.merge_commit_sha = context.time, account, sha
    record(context, issue, "merged", {}, commit_id=sha)
    close_issue(context, issue, None)
    report_moves(context, issue.repository, [name])
    return sha
