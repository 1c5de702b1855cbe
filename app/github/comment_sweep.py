"""Finds comments of ours that people altered and no webhook told of. What to do, others decide."""

from typing import Protocol

from app.github.answers import CommentAnswer
from app.github.client import GitHubClients
from app.github.conversation import MOST_PAGES
from app.github.errors import RefusedByGitHubError
from app.github.paging import PER_PAGE, all_pages
from app.github.purposes import Purpose
from app.github.standing import digest
from phases.core.events import Altered
from phases.core.outward import StandingComments

# Of so many runs a sweep asks: each takes a call or two of the 5,000 that an hour has.
RUNS_A_SWEEP = 50


class Standing(Protocol):
    """What knows which comments should stand."""

    async def standing(self, after: str, runs: int) -> tuple[str, tuple[StandingComments, ...]]:
        """Return what should stand of so many runs behind that one, and the last one's id."""


class Hearing(Protocol):
    """Who is told of altered comments."""

    async def hear(self, delivery: int | None, event: Altered) -> None:
        """Take an event that no delivery brought."""


class CommentSweep:
    """Looks over the comments of some runs at a time, and begins again after the last."""

    def __init__(self, clients: GitHubClients, standing: Standing, hearing: Hearing) -> None:
        self._clients = clients
        self._standing = standing
        self._hearing = hearing
        self._after = ""

    async def look_over(self) -> int:
        """Report comments that are gone or read differently; return how many."""
        self._after, conversations = await self._standing.standing(self._after, RUNS_A_SWEEP)
        found = 0
        for conversation in conversations:
            for event in await self._altered(conversation):
                await self._hearing.hear(None, event)
                found += 1
        return found

    async def _altered(self, standing: StandingComments) -> list[Altered]:
        api = self._clients.of(standing.repository, Purpose.READ)
        owner, name = standing.repository.owner, standing.repository.name
        try:
            comments = await all_pages(
                api,
                CommentAnswer,
                lambda rest, page: rest.issues.async_list_comments(
                    owner, name, standing.number, per_page=PER_PAGE, page=page
                ),
                most_pages=MOST_PAGES,
            )
        except RefusedByGitHubError:
            # The conversation is not there for us any more: nothing can be put right in it.
            return []
        if len(comments) >= MOST_PAGES * PER_PAGE:
            return []
        there = {comment.id: digest(comment.body or "") for comment in comments}
        return [
            Altered(standing.repository, number, number not in there, there.get(number, ""), None)
            for number, sha256 in standing.bodies
            if number not in there or sha256 not in {None, there[number]}
        ]
