"""The resolvers of the GraphQL schema that is served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, GraphQLSchema, build_schema

from app.rehearsal.github import refusals
from app.rehearsal.github.access.actors import has_role, may_see, role_of
from app.rehearsal.github.acts import pulls as acts
from app.rehearsal.github.api.issues import issue_numbered
from app.rehearsal.github.api.routes import find_repository
from app.rehearsal.github.graphql.sdl import SDL
from app.rehearsal.github.store.base import node_id, read_node_id, seconds
from app.rehearsal.github.store.issues import Comment, Issue, LastEdit
from app.rehearsal.github.store.people import Account
from app.rehearsal.github.store.pulls import Pull
from app.rehearsal.github.store.repositories import Repository
from app.rehearsal.github.views import issues as views
from app.rehearsal.github.views.people import account_node

if TYPE_CHECKING:
    from app.rehearsal.github.context import Context


class RefusedFieldError(GraphQLError):
    """A GraphQL error with the `type` that GitHub puts beside the message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def make_schema() -> GraphQLSchema:
    """Build the executable schema; the resolvers are the members of `Root`."""
    return build_schema(SDL)


class Root:
    """The fields of Query and Mutation, for one request."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def viewer(self, _info: object) -> dict[str, Any]:
        """Who asks."""
        account = self._context.account
        return {**_account(self._context, account), "__typename": "User", "login": account.login}

    def repository(self, _info: object, owner: str, name: str) -> dict[str, Any]:
        """A repository by name."""
        row = find_repository(self._context.session, owner, name)
        if row is None or not may_see(self._context.actor, row):
            raise RefusedFieldError(
                "NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'."
            )
        return _repository(self._context, row)

    def node(self, _info: object, id: str) -> dict[str, Any]:  # noqa: A002 - the schema's name
        """Anything by its global id."""
        found = read_node_id(id)
        row = _row(self._context, *found) if found else None
        if row is None:
            raise _no_node(id)
        return row

    def markPullRequestReadyForReview(  # noqa: N802 - the schema's name
        self,
        _info: object,
        input: dict[str, Any],  # noqa: A002 - the schema's name
    ) -> dict[str, Any]:
        """Flip a draft to ready."""
        pull = self._changeable(input["pullRequestId"])
        if not pull.draft:
            raise RefusedFieldError("UNPROCESSABLE", "Pull request is not a draft")
        acts.mark_ready(self._context, pull)
        return {
            "clientMutationId": input.get("clientMutationId"),
            "pullRequest": _pull(self._context, pull),
        }

    def convertPullRequestToDraft(  # noqa: N802 - the schema's name
        self,
        _info: object,
        input: dict[str, Any],  # noqa: A002 - the schema's name
    ) -> dict[str, Any]:
        """Make a pull request a draft again."""
        pull = self._changeable(input["pullRequestId"])
        if pull.draft:
            raise RefusedFieldError("UNPROCESSABLE", "Pull request is already a draft")
        acts.convert_to_draft(self._context, pull)
        return {
            "clientMutationId": input.get("clientMutationId"),
            "pullRequest": _pull(self._context, pull),
        }

    def _changeable(self, text: str) -> Pull:
        context, found = self._context, read_node_id(text)
        pull = context.session.get(Pull, found[1]) if found and found[0] == "PR" else None
        if pull is None or not may_see(context.actor, pull.issue.repository):
            raise _no_node(text)
        if not _may_flip(context, pull):
            raise RefusedFieldError("FORBIDDEN", _forbidden(context))
        if pull.issue.state != "open":
            raise RefusedFieldError("UNPROCESSABLE", "Pull request is closed")
        return pull


def _forbidden(context: Context) -> str:
    if context.actor.grant:
        return "Resource not accessible by integration"
    return f"{context.actor.name} does not have the correct permissions to execute this mutation"


def _may_flip(context: Context, pull: Pull) -> bool:
    grant = context.actor.grant
    if grant:
        # GitHub does not document it; Apps report that pull_requests alone is not enough.
        return grant.allows("pull_requests", "write") and grant.allows("contents", "write")
    account = context.account
    role = role_of(pull.issue.repository, account)
    return pull.issue.author_id == account.id or has_role(role, "write")


def _no_node(text: str) -> RefusedFieldError:
    return RefusedFieldError(
        "NOT_FOUND", f"Could not resolve to a node with the global id of '{text}'"
    )


def _row(context: Context, prefix: str, row_id: int) -> dict[str, Any] | None:
    session = context.session
    if prefix in {"U", "O", "BOT"}:
        account = session.get(Account, row_id)
        return _account(context, account) if account else None
    repository: Repository | None = None
    shown: dict[str, Any] | None = None
    if prefix == "R" and (repository := session.get(Repository, row_id)):
        shown = _repository(context, repository)
    elif prefix == "PR" and (pull := session.get(Pull, row_id)):
        repository, shown = pull.issue.repository, _pull(context, pull)
    elif prefix == "I" and (issue := session.get(Issue, row_id)):
        repository, shown = issue.repository, _issue(context, issue)
    elif prefix == "IC" and (comment := session.get(Comment, row_id)):
        repository, shown = comment.issue.repository, _comment(context, comment)
    return shown if repository and may_see(context.actor, repository) else None


def _account(context: Context, row: Account) -> dict[str, Any]:
    return {
        "__typename": row.kind,
        "id": account_node(row),
        "databaseId": row.id,
        "login": row.login.removesuffix("[bot]") if row.kind == "Bot" else row.login,
        "url": f"{context.site.url}/{row.login}",
    }


def _repository(context: Context, row: Repository) -> dict[str, Any]:
    def numbered(number: int) -> Issue:
        kind = "an issue or pull request"
        try:
            return issue_numbered(context, row, number)
        except refusals.RefusedError as error:
            raise RefusedFieldError(
                "NOT_FOUND", f"Could not resolve to {kind} with the number of {number}."
            ) from error

    def pull_request(_info: object, number: int) -> dict[str, Any]:
        issue = numbered(number)
        if issue.pull is None:
            raise RefusedFieldError(
                "NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}."
            )
        return _pull(context, issue.pull)

    def issue(_info: object, number: int) -> dict[str, Any]:
        found = numbered(number)
        if found.pull is not None:
            raise RefusedFieldError(
                "NOT_FOUND", f"Could not resolve to an Issue with the number of {number}."
            )
        return _issue(context, found)

    return {
        "__typename": "Repository",
        "id": node_id("R", row.id),
        "databaseId": row.id,
        "name": row.name,
        "nameWithOwner": row.full_name,
        "isPrivate": row.private,
        "url": context.site.page(row),
        "pullRequest": pull_request,
        "issue": issue,
    }


def _common(context: Context, row: Issue) -> dict[str, Any]:
    return {
        "number": row.number,
        "title": row.title,
        "body": row.body or "",
        "closed": row.state == "closed",
        "author": _account(context, row.author),
        "repository": _repository(context, row.repository),
    }


def _pull(context: Context, row: Pull) -> dict[str, Any]:
    issue = row.issue
    return {
        **_common(context, issue),
        "__typename": "PullRequest",
        "id": node_id("PR", row.id),
        "databaseId": row.id,
        "isDraft": row.draft,
        "state": "MERGED" if row.merged_at else issue.state.upper(),
        "merged": row.merged_at is not None,
        "url": f"{context.site.page(issue.repository)}/pull/{issue.number}",
        "headRefName": row.head_ref,
        "headRefOid": row.head_sha,
        "baseRefName": row.base_ref,
        "baseRefOid": row.base_sha,
    }


def _issue(context: Context, row: Issue) -> dict[str, Any]:
    return {
        **_common(context, row),
        "__typename": "Issue",
        "id": node_id("I", row.id),
        "databaseId": row.id,
        "state": row.state.upper(),
        "url": f"{context.site.page(row.repository)}/issues/{row.number}",
    }


def _comment(context: Context, row: Comment) -> dict[str, Any]:
    edit = context.session.get(LastEdit, row.id)
    editor = context.session.get(Account, edit.editor_id) if edit else None
    return {
        "__typename": "IssueComment",
        "id": node_id("IC", row.id),
        "databaseId": row.id,
        "body": row.body,
        "url": views.comment(context, row)["html_url"],
        "author": _account(context, row.author),
        "editor": _account(context, editor) if editor else None,
        "lastEditedAt": seconds(edit.at) if edit else None,
        "repository": _repository(context, row.issue.repository),
    }
