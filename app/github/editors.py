"""Whose words a comment holds now: GitHub's REST API does not say, its GraphQL does.

It looks at no text. A block that we have signed can be put back into the comment that it was made
for, from its history, and no signature tells that it is an old one.
"""

from pydantic import Field

from app.github.answers import Answer, CommentAnswer, understood
from app.github.client import GitHubApi
from app.github.ready import graphql_errors
from phases.core.errors import BlockedError, TransientError

_EDITOR = """
query LastEditor($id: ID!) {
  node(id: $id) {
    __typename
    ... on IssueComment {
      lastEditedAt
      author { __typename login }
      editor { __typename login }
    }
  }
}
"""
GHOST = "somebody whose account is gone"


class _Actor(Answer):
    kind: str = Field(alias="__typename")
    login: str


class _Words(Answer):
    lastEditedAt: str | None  # noqa: N815 - GitHub's name
    author: _Actor | None
    editor: _Actor | None


class _Node(Answer):
    node: _Words


class _Found(Answer):
    data: _Node


async def other_editor(api: GitHubApi, comment: CommentAnswer) -> str | None:
    """Return who edited a comment last; None when the words are its author's own.

    Raises:
        BlockedError: when GitHub does not say; the message quotes it.
        TransientError, RefusedByGitHubError: as `GitHubApi.graphql` does, or when it passes.
    """
    answer = await api.graphql(_EDITOR, {"id": comment.node_id}, writes=False)
    if errors := graphql_errors(answer):
        message = f"GitHub does not say who edited {comment.html_url}. It says: {errors.told}"
        raise TransientError(message) if errors.pass_by else BlockedError(message)
    words = understood(_Found, answer).data.node
    if words.lastEditedAt is None or (words.editor and words.editor == words.author):
        return None
    return words.editor.login if words.editor else GHOST
