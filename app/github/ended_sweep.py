"""Finds issues and pull requests of runs that ended and no webhook told of.

What that leads to is decided where a webhook's event is, and only there.
"""

from __future__ import annotations

from typing import Protocol

from pydantic import AwareDatetime

from app.github.answers import Answer, UserAnswer, understood
from app.github.client import GitHubClients
from app.github.errors import RefusedByGitHubError
from app.github.purposes import Purpose
from phases.core.events import Ended
from phases.core.machine import RunState
from phases.core.model import Person, Run

# Of so many runs a sweep asks: each takes a call or two of the 5,000 that an hour has, and most
# answers have not changed, which costs nothing.
RUNS_A_SWEEP = 50
_SOMEBODY = Person(0, "somebody")


class Going(Protocol):
    """What knows the runs that can still end."""

    async def going(self, after: str, most: int) -> tuple[str, tuple[Run, ...]]:
        """Return at most so many runs behind that one, and the id to go on behind."""


class Hearing(Protocol):
    """Who is told of ends."""

    async def hear(self, delivery: int | None, event: Ended) -> None:
        """Take an event that no delivery brought."""


class _MergeAnswer(Answer):
    merged_at: AwareDatetime | None = None


class _StateAnswer(Answer):
    """An issue, or a pull request seen as one."""

    state: str
    closed_at: AwareDatetime | None = None
    closed_by: UserAnswer | None = None
    pull_request: _MergeAnswer | None = None


class EndedSweep:
    """Looks at some runs at a time, and begins again after the last."""

    def __init__(self, clients: GitHubClients, runs: Going, hearing: Hearing) -> None:
        self._clients = clients
        self._runs = runs
        self._hearing = hearing
        self._after = ""

    async def look_over(self) -> int:
        """Report ends that nobody has heard of; return how many.

        Raises:
            TransientError, BlockedError: as `GitHubApi.read` does.
        """
        self._after, runs = await self._runs.going(self._after, RUNS_A_SWEEP)
        found = 0
        for run in runs:
            event = await self._ended(run)
            if event is not None:
                await self._hearing.hear(None, event)
                found += 1
        return found

    async def _ended(self, run: Run) -> Ended | None:
        for number in _numbers(run):
            answer = await self._answer(run, number)
            if answer is None or answer.state != "closed" or answer.closed_at is None:
                continue
            if run.asked_since(answer.closed_at):
                continue
            by = answer.closed_by
            return Ended(
                repository=run.repository,
                number=number,
                on_pull_request=answer.pull_request is not None,
                merged=answer.pull_request is not None
                and answer.pull_request.merged_at is not None,
                actor=Person(by.id, by.login) if by else _SOMEBODY,
                at=answer.closed_at,
            )
        return None

    async def _answer(self, run: Run, number: int) -> _StateAnswer | None:
        owner, name = run.repository.owner, run.repository.name
        api = self._clients.of(run.repository, Purpose.READ)
        try:
            answer = await api.read(lambda rest: rest.issues.async_get(owner, name, number))
        except RefusedByGitHubError:
            # It is not there for us any more: nobody closed it, as far as we know.
            return None
        return understood(_StateAnswer, answer)


def _numbers(run: Run) -> tuple[int, ...]:
    """Return what may have ended, the pull request first: merging it often closes the issue too.

    A run that is ready ends with its pull request alone.
    """
    pull = (run.pull_request.number,) if run.pull_request else ()
    return pull if run.state is RunState.READY else (*pull, run.issue)
