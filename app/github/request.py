"""Freezes what a run is asked to do: the issue at the label, with what people had said before it.

What is written or edited later reaches no agent. Images are not read.
"""

from collections.abc import Iterable
from datetime import datetime

from app.github.answers import CommentAnswer, IssueAnswer, IssueEventAnswer, understood
from app.github.client import GitHubApi, GitHubClients
from app.github.inbox import is_command
from app.github.paging import PER_PAGE, all_pages
from app.github.purposes import Purpose
from phases.core.model import Repository, Request, RequestComment, Run

MOST_PAGES = 10
MOST_COMMENTS = 50
LONGEST_COMMENT = 10_000
MOST_CHARACTERS = 60_000
CUT = "\n\n[cut here: the comment is longer]"


async def frozen_request(clients: GitHubClients, run: Run, label: str) -> Request:
    """Return the run's request with the comments that stood before it.

    Title and body are those of the signed delivery. A run that no delivery started takes them as
    they stand, and the time from the issue's own history.
    """
    api = clients.of(run.repository, Purpose.READ)
    asked = run.request or await _as_it_stands(api, run, label)
    comments = await _comments(api, run.repository, run.issue)
    return Request(
        title=asked.title,
        body=asked.body,
        author=asked.author,
        comments=before(comments, asked.taken_at),
        taken_at=asked.taken_at,
    )


def before(comments: Iterable[CommentAnswer], moment: datetime) -> tuple[RequestComment, ...]:
    """Return people's comments created and last edited before a moment, oldest first.

    At most the last 50 of them, 10,000 characters each and 60,000 together. A second is GitHub's
    finest unit: what shares the label's second may have come after it and is left out.
    """
    eligible = [
        comment
        for comment in comments
        if comment.created_at < moment and comment.updated_at < moment and _is_talk(comment)
    ]
    taken: list[RequestComment] = []
    size = 0
    for comment in reversed(eligible[-MOST_COMMENTS:]):
        body = comment.body or ""
        if len(body) > LONGEST_COMMENT:
            body = body[:LONGEST_COMMENT] + CUT
        size += len(body)
        if size > MOST_CHARACTERS:
            break
        author = comment.user.login if comment.user else "ghost"
        taken.append(RequestComment(author, body, comment.created_at))
    return tuple(reversed(taken))


def _is_talk(comment: CommentAnswer) -> bool:
    by_person = comment.user is None or comment.user.type == "User"
    direct = comment.performed_via_github_app is None
    return by_person and direct and not is_command(comment.body or "")


async def _comments(api: GitHubApi, repository: Repository, issue: int) -> list[CommentAnswer]:
    return await all_pages(
        api,
        CommentAnswer,
        lambda rest, page: rest.issues.async_list_comments(
            repository.owner, repository.name, issue, per_page=PER_PAGE, page=page
        ),
        most_pages=MOST_PAGES,
    )


async def _as_it_stands(api: GitHubApi, run: Run, label: str) -> Request:
    owner, name = run.repository.owner, run.repository.name
    issue = understood(
        IssueAnswer, await api.read(lambda rest: rest.issues.async_get(owner, name, run.issue))
    )
    return Request(
        title=issue.title,
        body=issue.body or "",
        author=issue.user.login if issue.user else "ghost",
        comments=(),
        taken_at=await labelled_at(api, run.repository, run.issue, label) or issue.updated_at,
    )


async def labelled_at(
    api: GitHubApi, repository: Repository, issue: int, label: str
) -> datetime | None:
    """Return when the label was last put on, or None when the history does not say."""
    event = await last_labelling(api, repository, issue, label)
    return event.created_at if event else None


async def last_labelling(
    api: GitHubApi, repository: Repository, issue: int, label: str
) -> IssueEventAnswer | None:
    """Return the issue's last event in which our label was put on."""
    events = await all_pages(
        api,
        IssueEventAnswer,
        lambda rest, page: rest.issues.async_list_events_for_timeline(
            repository.owner, repository.name, issue, per_page=PER_PAGE, page=page
        ),
        most_pages=MOST_PAGES,
    )
    ours = [
        event
        for event in events
        if event.event == "labeled"
        and event.label is not None
        and event.label.name.casefold() == label.casefold()
    ]
    return ours[-1] if ours else None
