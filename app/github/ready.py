"""Flips a draft to ready for review: in GraphQL only, where errors come with HTTP 200."""

from collections.abc import Mapping
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
    answer = await api.graphql(_FLIP, {"id": pull.node_id})
    errors = _errors(answer)
    pull = await pulls.get(number)
    if not pull.draft:
        return pull
    if errors and _PASSING.isdisjoint(kind for kind, _ in errors):
        said = "; ".join(message for _, message in errors)[:500]
        raise BlockedError(f"GitHub refused to mark #{number} ready for review. It says: {said}")
    raise TransientError(f"#{number} is still a draft after it was marked ready")


def _errors(answer: Any) -> list[tuple[str, str]]:
    errors = answer.get("errors") if isinstance(answer, Mapping) else None
    return [
        (str(error.get("type", "")), " ".join(str(error.get("message", "")).split()))
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, Mapping)
    ]
