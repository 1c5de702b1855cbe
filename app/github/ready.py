"""Flips a draft to ready for review: in GraphQL only, where errors come with HTTP 200."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.github.answers import PullAnswer
from app.github.client import GitHubApi
from app.github.pulls import Pulls, ended
from phases.core.errors import BlockedError, TransientError

_FLIP = """
mutation MarkReady($id: ID!) {
  markPullRequestReadyForReview(input: {pullRequestId: $id}) {
    pullRequest { number isDraft }
  }
}
"""
# The kinds of GraphQL errors that pass by themselves.
_PASSING = frozenset({"RATE_LIMITED", "RATE_LIMIT", "SERVICE_UNAVAILABLE", "INTERNAL"})
LONGEST_QUOTE = 500


@dataclass(frozen=True)
class GraphQLErrors:
    """Why a document failed: GitHub's words, and whether asking again may help."""

    told: str
    pass_by: bool


async def flip(api: GitHubApi, pulls: Pulls, number: int) -> PullAnswer:
    """Return the pull request, ready; one that is so already is left alone.

    Raises:
        BlockedError: when it is no longer open, or GitHub refuses; the message quotes it.
    """
    pull = await pulls.get(number)
    if pull.state != "open":
        raise BlockedError(f"The pull request #{number} is {ended(pull)}.")
    if not pull.draft:
        return pull
    answer = await api.graphql(_FLIP, {"id": pull.node_id}, writes=True)
    errors = graphql_errors(answer)
    pull = await pulls.get(number)
    if not pull.draft:
        return pull
    if errors and not errors.pass_by:
        raise BlockedError(
            f"GitHub refused to mark #{number} ready for review. It says: {errors.told}"
        )
    raise TransientError(f"#{number} is still a draft after it was marked ready")


def graphql_errors(answer: Any) -> GraphQLErrors | None:
    """Return the errors that an answer with HTTP 200 holds; None when there are none."""
    errors = answer.get("errors") if isinstance(answer, Mapping) else None
    found = [error for error in errors or () if isinstance(error, Mapping)]
    if not found:
        return None
    told = "; ".join(" ".join(str(error.get("message", "")).split()) for error in found)
    kinds = {str(error.get("type", "")) for error in found}
    return GraphQLErrors(told[:LONGEST_QUOTE], not _PASSING.isdisjoint(kinds))
