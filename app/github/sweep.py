"""Finds what no webhook brought: deliveries that failed, labelled issues, and what overseers find.

GitHub does not send a failed delivery again by itself, and keeps it for three days. The sweep
decides nothing: what it finds goes the way of every event.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pydantic import AwareDatetime

from app.github.answers import Answer, IssueAnswer
from app.github.client import GitHubClients
from app.github.delivered import delivered
from app.github.errors import RefusedByGitHubError
from app.github.installed import installed_repositories
from app.github.labels import label_names
from app.github.paging import PER_PAGE, all_pages
from app.github.purposes import Purpose
from app.github.request import last_labelling
from phases.core.events import Labelled
from phases.core.model import Person, Repository, Variant
from phases.core.ports import Clock

log = logging.getLogger(__name__)

KEPT = timedelta(days=3)
MOST_PAGES = 10
MOST_PAGES_DELIVERED = 100
# Clocks differ, and what was under way at the last sweep has failed since.
OVERLAP = timedelta(hours=1)
# Also what we refused once: the secret may have been put right since.
_ACCEPTED = range(200, 300)
# What else is lost is found by its effect: labels, ends, comments of ours that were altered. A
# label that came again would also start a run anew that `phaseline recover` can bring back.
_ONLY_DELIVERED = ("issue_comment", "created")


class Unstarted(Protocol):
    """Who is told of labelled issues."""

    async def answered_until(self, repository: Repository, issue: int) -> datetime | None:
        """Return up to when a label on the issue has had its run; None when there was never one.

        It is the end of time while a run is under way.
        """

    async def found(self, event: Labelled) -> None:
        """Take an event that no delivery brought."""

    async def lost(self, repository: Repository, issue: int) -> None:
        """Hear of an issue whose tracker is ours and whose run nobody knows."""


class Trackers(Protocol):
    """What knows the trackers that stand on GitHub."""

    async def has_tracker(self, repository: Repository, issue: int) -> bool:
        """Tell whether a tracker of ours stands on an issue."""


class Arrivals(Protocol):
    """What knows the deliveries that came in."""

    async def lost(self, sent: Mapping[str, datetime]) -> frozenset[str]:
        """Return those GUIDs that should have come, by when they were sent, and did not."""


class _DeliveryAnswer(Answer):
    id: int
    guid: str
    delivered_at: AwareDatetime
    status_code: int
    event: str
    action: str | None = None


class Furnisher(Protocol):
    """Who sees to a repository's labels."""

    async def furnish_repository(self, repository: Repository) -> None:
        """Make the labels that are missing."""


class Overseer(Protocol):
    """Who looks after something of the runs that are known."""

    async def look_over(self) -> int:
        """Report what people did to it; return how many events that makes."""


class Sweep:
    """Looks around for one App and its labels."""

    def __init__(
        self,
        clients: GitHubClients,
        unstarted: Unstarted,
        labels: Furnisher,
        trackers: Trackers,
        overseers: tuple[Overseer, ...],
        arrivals: Arrivals,
        *,
        label: str,
        clock: Clock,
    ) -> None:
        self._clients = clients
        self._unstarted = unstarted
        self._labels = labels
        self._trackers = trackers
        self._overseers = overseers
        self._arrivals = arrivals
        self._asked_for: set[str] = set()
        self._names = label_names(label)
        self._clock = clock
        self._seen_until = datetime.min.replace(tzinfo=UTC)

    async def ask_again(self) -> int:
        """Have deliveries of the last three days sent again that did not come; return how many.

        Those are failed ones, and comments that somebody took with a 2xx and that are not on record
        all the same, these once each. One that has gone through since, under the same GUID, is left
        alone. The oldest goes first: what people did comes in the order in which they did it.
        Behind what the last sweep saw there is nothing new: a try that fails again is a newer one.
        """
        began = self._clock.now()
        oldest = max(began - KEPT, self._seen_until)
        arrived: set[str] = set()
        comments: dict[str, _DeliveryAnswer] = {}
        failed: dict[str, _DeliveryAnswer] = {}
        async for one in delivered(self._clients, _DeliveryAnswer, most_pages=MOST_PAGES_DELIVERED):
            if one.delivered_at < oldest:
                break
            if one.status_code in _ACCEPTED:
                arrived.add(one.guid)
                if (one.event, one.action) == _ONLY_DELIVERED:
                    comments.setdefault(one.guid, one)
            elif one.guid not in arrived:
                failed.setdefault(one.guid, one)
        wanted = [*reversed(failed.values()), *await self._lost(comments)]
        for one in sorted(wanted, key=lambda each: each.delivered_at):
            await _redeliver(self._clients, one.id)
        self._seen_until = began - OVERLAP
        return len(wanted)

    async def _lost(self, comments: Mapping[str, _DeliveryAnswer]) -> list[_DeliveryAnswer]:
        sent = {guid: one.delivered_at for guid, one in comments.items()}
        lost = await self._arrivals.lost(sent) - self._asked_for
        self._asked_for |= lost
        return [comments[guid] for guid in reversed(list(comments)) if guid in lost]

    async def look_around(self) -> int:
        """Report what overseers find, and open issues with a label of ours that have no run for it.

        Return how many events that makes. An issue with a tracker of ours had a run that the
        database has lost: it is no new one. A label that was set again behind the end of a run is.
        On the way, repositories get the labels that they lack.
        """
        found = sum([await overseer.look_over() for overseer in self._overseers])
        for repository in await installed_repositories(self._clients):
            await self._labels.furnish_repository(repository)
            try:
                for variant, label in self._names.items():
                    found += await self._report(repository, variant, label)
            except RefusedByGitHubError as refusal:
                log.warning("%s cannot be looked at: %s", repository.full_name, refusal)
        return found

    async def _report(self, repository: Repository, variant: Variant, label: str) -> int:
        api = self._clients.of(repository, Purpose.READ)
        issues = await all_pages(
            api,
            IssueAnswer,
            lambda rest, page: rest.issues.async_list_for_repo(
                repository.owner,
                repository.name,
                labels=label,
                state="open",
                per_page=PER_PAGE,
                page=page,
            ),
            most_pages=MOST_PAGES,
        )
        found = 0
        for issue in issues:
            if issue.pull_request is not None:
                continue
            event = await self._unanswered(repository, issue, variant, label)
            if event is not None:
                await self._unstarted.found(event)
                found += 1
        return found

    async def _unanswered(
        self, repository: Repository, issue: IssueAnswer, variant: Variant, label: str
    ) -> Labelled | None:
        until = await self._unstarted.answered_until(repository, issue.number)
        if until is None:
            if await self._trackers.has_tracker(repository, issue.number):
                await self._unstarted.lost(repository, issue.number)
                return None
            return await self._event(repository, issue, variant, label)
        # To set a label changes the issue: most need no look at their history.
        if issue.updated_at <= until:
            return None
        event = await self._event(repository, issue, variant, label)
        return event if event is not None and event.at > until else None

    async def _event(
        self, repository: Repository, issue: IssueAnswer, variant: Variant, label: str
    ) -> Labelled | None:
        api = self._clients.of(repository, Purpose.READ)
        labelling = await last_labelling(api, repository, issue.number, label)
        if labelling is None or labelling.actor is None or labelling.created_at is None:
            # Nobody is known to have asked for it.
            return None
        return Labelled(
            repository=repository,
            issue=issue.number,
            actor=Person(labelling.actor.id, labelling.actor.login),
            actor_is_human=labelling.actor.type == "User",
            title=issue.title,
            body=issue.body or "",
            author=issue.user.login if issue.user else "ghost",
            at=labelling.created_at,
            variant=variant,
        )


async def _redeliver(clients: GitHubClients, number: int) -> None:
    try:
        await clients.as_app().ensure(
            lambda rest: rest.apps.async_redeliver_webhook_delivery(number)
        )
    except RefusedByGitHubError:
        # Too old after all, or gone: there is nothing to send.
        return
