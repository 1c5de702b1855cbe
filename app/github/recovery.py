"""Reads runs back from GitHub after the database was lost: trackers, comments of works, branches.

Only comments of our own App are read, and only blocks that its key has signed. It writes nothing.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from app.github.answers import (
    Answer,
    CommentAnswer,
    PullAnswer,
    understood,
)
from app.github.branch_history import pushed
from app.github.client import GitHubClients
from app.github.editors import other_editor
from app.github.paging import PER_PAGE, all_pages
from app.github.purposes import Purpose
from app.github.rebuilding import checked, rebuilt
from app.github.remains import MARKER, TRACKER, wrote
from app.github.request import frozen_request
from app.github.seal import SealError, Shown, State, TrackerSeal, request_hash
from phases.core.machine import OVER, RunState
from phases.core.model import Repository, Run
from phases.core.outward import Desired, OutwardKind, Place, Posted
from phases.core.record import Record

MOST_PAGES = 10
_HIDDEN = re.compile(r"\n*<!-- phaseline:[^\n]*-->")
_BRANCH = re.compile(r"phaseline/(\d+)(?:-|$)")


@dataclass(frozen=True)
class Found:
    """A run as GitHub tells it, with the comments of ours that stand there."""

    record: Record
    posted: tuple[Posted, ...]


@dataclass(frozen=True)
class Unreadable:
    """A run that cannot be rebuilt; `run` is its id as its tracker's marker gives it."""

    repository: Repository
    issue: int
    run: str
    number: int
    reason: str


@dataclass(frozen=True)
class _Comment:
    key: str
    place: Place
    answer: CommentAnswer


class _IssueAnswer(Answer):
    number: int
    state: str
    body: str | None = None
    pull_request: dict[str, object] | None = None


class Recovery:
    """Looks for the runs of one App."""

    def __init__(
        self, clients: GitHubClients, seal: TrackerSeal, *, app_id: int, label: str
    ) -> None:
        self._clients = clients
        self._seal = seal
        self._app_id = app_id
        self._label = label

    async def runs(self, repository: Repository) -> AsyncIterator[Found | Unreadable]:
        """Yield the runs of a repository: of labelled issues, and of open branches of ours.

        Raises:
            TransientError, BlockedError, RefusedByGitHubError: as `GitHubApi.read` does.
        """
        for issue in await self._issues(repository):
            comments = await self._comments(repository, issue, Place.ISSUE)
            trackers = {
                owner: [comment for comment in theirs if comment.key == TRACKER]
                for owner, theirs in comments.items()
            }
            owners = [owner for owner, found in trackers.items() if found]
            for number, owner in enumerate(owners, 1):
                try:
                    yield await self._run(
                        repository, issue, owner, trackers[owner][0], comments[owner]
                    )
                except SealError as error:
                    yield Unreadable(repository, issue, owner, number, str(error))

    async def _run(
        self,
        repository: Repository,
        issue: int,
        owner: str,
        tracker: _Comment,
        comments: list[_Comment],
    ) -> Found:
        answer = tracker.answer
        await self._ours_alone(repository, answer)
        state = self._seal.state(answer.body or "", repository.id, issue, owner, answer.html_url)
        state = await self._with_request(_renewed(state, repository, answer.html_url))
        shown = self._shown(state.record.run, comments)
        state = await self._caught_up(state, shown)
        run = state.record.run
        if run.pull_request:
            number = run.pull_request.number
            beside = await self._comments(repository, number, Place.PULL_REQUEST)
            shown += self._shown(run, beside.get(owner, []))
            comments = [*comments, *beside.get(owner, [])]
        works = {str(work.name): work for block in shown for work in block.works}
        record = rebuilt(state, works, await pushed(self._clients, run))
        if run.state not in OVER and (await self._issue(repository, issue)).state == "closed":
            reason = "The issue was closed while the database was lost."
            record = replace(
                record, run=replace(record.run, state=RunState.CANCELLED, reason=reason)
            )
        return Found(record, tuple(_posted(comment) for comment in comments))

    async def _ours_alone(self, repository: Repository, tracker: CommentAnswer) -> None:
        """Refuse a tracker that people have edited last: an older block of its own fits it too."""
        api = self._clients.of(repository, Purpose.READ)
        editor = await other_editor(api, tracker)
        if editor is not None:
            raise SealError(f"{editor} edited the tracker last, and it may be an older one")

    async def _with_request(self, state: State) -> State:
        run = state.record.run
        if state.request_sha256 is None or run.request is None:
            return state
        issue = await self._issue(run.repository, run.issue)
        asked = replace(run, request=replace(run.request, body=issue.body or ""))
        request = await frozen_request(self._clients, asked, self._label)
        if request_hash(request) != state.request_sha256:
            raise SealError("the issue was edited since, and the request is too long for a tracker")
        return replace(state, record=replace(state.record, run=replace(run, request=request)))

    async def _caught_up(self, state: State, shown: list[Shown]) -> State:
        """Return the state with what comments of works know of the run and the tracker does not."""
        run = state.record.run
        for block in shown:
            run = replace(
                run,
                base=run.base or block.run.base,
                branch=run.branch or block.run.branch,
                head=run.head or block.run.head,
                pull_request=run.pull_request or block.run.pull_request,
                started_at=run.started_at or block.run.started_at,
                state=block.run.state if run.state is RunState.QUEUED else run.state,
            )
        if run.base and state.record.run.base is None:
            # What people had said before the label was not frozen yet.
            run = replace(run, request=await frozen_request(self._clients, run, self._label))
        return replace(state, record=replace(state.record, run=run))

    def _shown(self, run: Run, comments: list[_Comment]) -> list[Shown]:
        found: list[Shown] = []
        for comment in comments:
            body = comment.answer.body or ""
            try:
                block = self._seal.shown(body, run.repository.id, run.issue, run.id, comment.key)
                if block is not None:
                    whole = tuple(checked(work) for work in block.works)
                    found.append(replace(block, works=whole))
            except SealError as error:
                raise SealError(f"the comment {comment.answer.html_url}: {error}") from error
        return found

    async def _issues(self, repository: Repository) -> list[int]:
        api = self._clients.of(repository, Purpose.READ)
        issues = await all_pages(
            api,
            _IssueAnswer,
            lambda rest, page: rest.issues.async_list_for_repo(
                repository.owner,
                repository.name,
                labels=self._label,
                state="all",
                per_page=PER_PAGE,
                page=page,
            ),
            most_pages=MOST_PAGES,
        )
        pulls = await all_pages(
            api,
            PullAnswer,
            lambda rest, page: rest.pulls.async_list(
                repository.owner, repository.name, state="open", per_page=PER_PAGE, page=page
            ),
            most_pages=MOST_PAGES,
        )
        labelled = {issue.number for issue in issues if issue.pull_request is None}
        branches = (_BRANCH.match(pull.head.ref) for pull in pulls)
        return sorted(labelled | {int(match[1]) for match in branches if match})

    async def _comments(
        self, repository: Repository, number: int, place: Place
    ) -> dict[str, list[_Comment]]:
        """Return our App's comments by the id of their run, oldest first."""
        answers = await all_pages(
            self._clients.of(repository, Purpose.READ),
            CommentAnswer,
            lambda rest, page: rest.issues.async_list_comments(
                repository.owner, repository.name, number, per_page=PER_PAGE, page=page
            ),
            most_pages=MOST_PAGES * 5,
        )
        found: dict[str, list[_Comment]] = {}
        for answer in answers:
            markers = list(MARKER.finditer(answer.body or ""))
            if not wrote(self._app_id, answer) or not markers:
                continue
            comment = _Comment(markers[-1]["key"], place, answer)
            found.setdefault(markers[-1]["owner"], []).append(comment)
        return found

    async def _issue(self, repository: Repository, issue: int) -> _IssueAnswer:
        answer = await self._clients.of(repository, Purpose.READ).read(
            lambda rest: rest.issues.async_get(repository.owner, repository.name, issue)
        )
        return understood(_IssueAnswer, answer)


def _renewed(state: State, repository: Repository, url: str) -> State:
    """Return the state with the repository as it is called and installed today."""
    run = replace(state.record.run, repository=repository)
    return replace(state, record=replace(state.record, run=run, tracker_url=url))


def _posted(comment: _Comment) -> Posted:
    text = _HIDDEN.sub("", comment.answer.body or "").rstrip() + "\n"
    desired = Desired(comment.key, OutwardKind.COMMENT, comment.place, text)
    return Posted(desired, comment.answer.id, comment.answer.html_url)
