"""Writes to conversations: comments under a marker, reactions, requests for review.

It looks before it writes where told to; what to write, and when, is decided elsewhere.
"""

from typing import Any, cast

from app.github.answers import CommentAnswer, RemoteAnswer, understood
from app.github.capping import capped
from app.github.checks import CheckRuns
from app.github.client import GitHubApi, GitHubClients
from app.github.errors import RefusedByGitHubError
from app.github.paging import PER_PAGE, all_pages
from app.github.purposes import Purpose
from app.github.reviews import Reviews
from app.github.standing import DeletedAgainError, Standing, digest
from phases.core.outward import OutwardItem, OutwardKind

MOST_PAGES = 50
_GONE = frozenset({404, 410})


class Conversations:
    """All conversations that our App takes part in."""

    def __init__(self, clients: GitHubClients, *, app_id: int) -> None:
        self._clients = clients
        self._app_id = app_id
        self._checks = CheckRuns(clients, app_id=app_id)
        self._reviews = Reviews(clients)

    async def send(self, item: OutwardItem) -> Standing:
        """Make an item stand on GitHub.

        Raises:
            RefusedByGitHubError: when GitHub will not have it.
            DeletedAgainError: when people have deleted it a second time.
            TransientError: when nobody knows whether it stands there now.
        """
        api = self._clients.of(item.repository, Purpose.CONVERSE)
        match item.desired.kind:
            case OutwardKind.COMMENT:
                return await self._comment(api, item)
            case OutwardKind.REACTION:
                return await _react(api, item)
            case OutwardKind.REVIEW_REQUEST:
                return await _request_review(api, item)
            case OutwardKind.CHECK_RUN:
                return await self._checks.send(item)
            case OutwardKind.REVIEW:
                return await self._reviews.send(item)

    async def _comment(self, api: GitHubApi, item: OutwardItem) -> Standing:
        text = f"{item.desired.text}\n{item.hidden}" if item.hidden else item.desired.text
        body = capped(text, item.marker)
        if item.remote_id is not None:
            edited = await _edit(api, item, item.remote_id, body)
            if edited is not None:
                return edited
        if _may_stand(item):
            found = await self._find(api, item)
            if found is not None and found.body == body:
                return _standing_as(found)
            edited = await _edit(api, item, found.id, body) if found else None
            if edited is not None:
                return edited
        if item.remote_id is not None and item.deletions:
            raise DeletedAgainError(item.desired.key)
        return await _create(api, item, body)

    async def _find(self, api: GitHubApi, item: OutwardItem) -> CommentAnswer | None:
        comments = await all_pages(
            api,
            CommentAnswer,
            lambda rest, page: rest.issues.async_list_comments(
                item.repository.owner,
                item.repository.name,
                item.number,
                per_page=PER_PAGE,
                page=page,
            ),
            most_pages=MOST_PAGES,
        )
        ours = [c for c in comments if self._is_ours(c) and item.marker in (c.body or "")]
        return ours[0] if ours else None

    def _is_ours(self, comment: CommentAnswer) -> bool:
        # Anybody may paste a marker; nobody but us writes through our App.
        via = comment.performed_via_github_app
        return via is not None and via.id == self._app_id


def _may_stand(item: OutwardItem) -> bool:
    """Whether a comment has to be looked for.

    It may be deleted, or written by a try that nobody heard the end of. What no run says may have
    been said before the database was put back; what a run has said is noted at that time.
    """
    return item.attempted or item.remote_id is not None or item.run is None


async def _edit(api: GitHubApi, item: OutwardItem, comment: int, body: str) -> Standing | None:
    try:
        answer = await api.ensure(
            lambda rest: rest.issues.async_update_comment(
                item.repository.owner, item.repository.name, comment, body=body
            )
        )
    except RefusedByGitHubError as refusal:
        if refusal.status in _GONE:
            return None
        raise
    return _standing(answer)


async def _create(api: GitHubApi, item: OutwardItem, body: str) -> Standing:
    return _standing(
        await api.write(
            lambda rest: rest.issues.async_create_comment(
                item.repository.owner, item.repository.name, item.number, body=body
            )
        )
    )


async def _react(api: GitHubApi, item: OutwardItem) -> Standing:
    # GitHub answers a reaction that stands already with that same reaction.
    owner, name = item.repository.owner, item.repository.name
    content = cast("Any", {"content": item.desired.text})
    comment = item.desired.comment
    if comment is None:
        answer = await api.ensure(
            lambda rest: rest.reactions.async_create_for_issue(
                owner, name, item.number, data=content
            )
        )
    else:
        answer = await api.ensure(
            lambda rest: rest.reactions.async_create_for_issue_comment(
                owner, name, comment, data=content
            )
        )
    return Standing(understood(RemoteAnswer, answer).id, None, None)


async def _request_review(api: GitHubApi, item: OutwardItem) -> Standing:
    await api.ensure(
        lambda rest: rest.pulls.async_request_reviewers(
            item.repository.owner,
            item.repository.name,
            item.number,
            data={"reviewers": [item.desired.text]},
        )
    )
    return Standing(None, None, None)


def _standing(answer: Any) -> Standing:
    return _standing_as(understood(CommentAnswer, answer))


def _standing_as(comment: CommentAnswer) -> Standing:
    return Standing(comment.id, comment.html_url, digest(comment.body or ""))
