"""Reads what a run's branch holds beyond the commit it started from, merges and all.

It judges nothing.
"""

from functools import partial
from typing import Any

from githubkit.response import Response
from githubkit.versions import RestVersionSwitcher

from app.github.answers import Answer, ObjectAnswer, RefAnswer, understood
from app.github.client import GitHubClients
from app.github.errors import RefusedByGitHubError
from app.github.paging import PER_PAGE
from app.github.purposes import Purpose
from app.github.rebuilding import Pushed
from app.github.seal import SealError
from phases.core.machine import OVER
from phases.core.model import Repository, Run

MOST_PAGES = 10


class _TextAnswer(Answer):
    message: str


class _CommitAnswer(Answer):
    sha: str
    commit: _TextAnswer
    parents: list[ObjectAnswer]


class _ComparisonAnswer(Answer):
    commits: list[_CommitAnswer]


async def pushed(clients: GitHubClients, run: Run) -> list[Pushed] | None:
    """Return the commits that a run's branch has and its base has not; None: nothing builds on it.

    A base branch that was merged into it comes with its commits: at most 1,000 altogether.

    Raises:
        SealError: when the branch is gone, or has nothing in common with the base any more.
        TransientError, BlockedError: as `GitHubApi.read` does.
    """
    if run.branch is None or run.base is None or run.state in OVER:
        return None
    api = clients.of(run.repository, Purpose.FETCH)
    owner, name = run.repository.owner, run.repository.name
    try:
        ref = await api.read(
            lambda rest: rest.git.async_get_ref(owner, name, f"heads/{run.branch}")
        )
    except RefusedByGitHubError as refusal:
        raise SealError(f"the branch `{run.branch}` is not there: {refusal.text}") from refusal
    between = f"{run.base.sha}...{understood(RefAnswer, ref).object.sha}"
    try:
        return await _between(clients, run, between)
    except RefusedByGitHubError as refusal:
        raise SealError(
            f"the branch `{run.branch}` does not lead back to where the run began: {refusal.text}"
        ) from refusal


async def _between(clients: GitHubClients, run: Run, between: str) -> list[Pushed]:
    api = clients.of(run.repository, Purpose.FETCH)
    found: list[Pushed] = []
    for page in range(1, MOST_PAGES + 1):
        answer = await api.read(partial(_compare, run.repository, between, page))
        commits = understood(_ComparisonAnswer, answer).commits
        found.extend(
            Pushed(each.sha, tuple(parent.sha for parent in each.parents), each.commit.message)
            for each in commits
        )
        if len(commits) < PER_PAGE:
            break
    return found


async def _compare(
    repository: Repository, between: str, page: int, rest: RestVersionSwitcher
) -> Response[Any, Any]:
    return await rest.repos.async_compare_commits(
        repository.owner, repository.name, between, per_page=PER_PAGE, page=page
    )
