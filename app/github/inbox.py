"""What a stored delivery means to us: an event, or nothing. Not whether anybody may do it.

URLs in payloads are never read: what we call is built from our own settings.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from app.github.asides import advanced, altered
from app.github.payloads import (
    Account,
    AppInstalled,
    CommentAltered,
    CommentCreated,
    Envelope,
    Installation,
    InstallationChanged,
    IssueClosed,
    IssueEdited,
    IssueLabelled,
    IssueReopened,
    PullClosed,
    PullReopened,
    Pushed,
    RepositoryPart,
)
from phases.core.events import (
    Aside,
    Edited,
    Ended,
    Event,
    Installed,
    Labelled,
    Removed,
    Reopened,
    Said,
)
from phases.core.model import Person, Repository, Variant

# What we read, by event and action (if it has one). No other event of GitHub's means anything.
_READ: Mapping[tuple[str, str | None], type[Envelope | AppInstalled]] = {
    ("issues", "labeled"): IssueLabelled,
    ("issues", "edited"): IssueEdited,
    ("issues", "closed"): IssueClosed,
    ("issues", "reopened"): IssueReopened,
    ("issue_comment", "created"): CommentCreated,
    ("issue_comment", "edited"): CommentAltered,
    ("issue_comment", "deleted"): CommentAltered,
    ("push", None): Pushed,
    ("pull_request", "closed"): PullClosed,
    ("pull_request", "reopened"): PullReopened,
    ("installation", "created"): AppInstalled,
    ("installation", "unsuspend"): AppInstalled,
    ("installation_repositories", "added"): AppInstalled,
}
# By these a payload shows which event it is of, whatever its unsigned header says.
_OBJECTS: Mapping[str, tuple[str, ...]] = {
    "issues": ("issue",),
    "issue_comment": ("issue", "comment"),
    "pull_request": ("pull_request",),
    "push": ("repository",),
    "installation": ("installation",),
    "installation_repositories": ("installation",),
}
_FOREIGN: Mapping[str, tuple[str, ...]] = {
    "issues": ("comment", "pull_request"),
    "issue_comment": ("pull_request",),
    "pull_request": ("comment", "review"),
    "push": ("issue", "comment", "pull_request"),
    "installation": ("issue", "comment", "pull_request"),
    "installation_repositories": ("issue", "comment", "pull_request"),
}
# By event the action that takes repositories from us.
_REMOVALS: Mapping[str, str] = {"installation": "deleted", "installation_repositories": "removed"}
_COMMAND = re.compile(r"/phaseline(?:[ \t]+(?P<word>\S+)(?:[ \t]+(?P<argument>.*?))?)?[ \t]*")
LABELLED_VARIANTS = frozenset(Variant) - {Variant.STANDARD}
LONGEST_ARGUMENT = 1000
# The one command whose text may go on below its first line.
_REVISE = "revise"
LONGEST_TEXT = 10_000


class UnreadableDeliveryError(ValueError):
    """The payload is not one of the event that its header names."""


class Inbox:
    """Reads payloads for one App and one label."""

    def __init__(self, *, label: str, app_id: int) -> None:
        self._label = label.casefold()
        self._app_id = app_id

    def mismatch(self, event: str, payload: Mapping[str, Any]) -> str | None:
        """Say why a payload is not one of that event, or return None; events we do not read fit."""
        if event not in _OBJECTS:
            return None
        missing = [key for key in _OBJECTS[event] if not isinstance(payload.get(key), dict)]
        if missing:
            return f"{missing[0]} is missing"
        foreign = [key for key in _FOREIGN[event] if key in payload]
        if foreign:
            return f"{foreign[0]} does not belong in it"
        try:
            _parse(event, payload)
        except ValidationError as error:
            return _first_fault(error)
        return None

    def read(self, event: str, body: bytes) -> Event | Aside | None:
        """Return what a delivery means to us, or None.

        Raises:
            UnreadableDeliveryError: when the body is not a payload of that event.
        """
        if event not in _OBJECTS:
            return None
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UnreadableDeliveryError(f"the {event} payload is not valid JSON") from error
        if not isinstance(payload, dict):
            raise UnreadableDeliveryError(f"the {event} payload is no object")
        mismatch = self.mismatch(event, payload)
        if mismatch is not None:
            raise UnreadableDeliveryError(f"this is no {event} payload: {mismatch}")
        return self._meaning(_parse(event, payload))

    def removal(self, event: str, body: bytes) -> Removed | None:
        """Return which repositories a delivery takes from us, or None when it takes none.

        Raises:
            UnreadableDeliveryError: when the body is not a payload of that event.
        """
        if event not in _REMOVALS:
            return None
        try:
            payload = InstallationChanged.model_validate_json(body)
        except ValidationError as error:
            fault = _first_fault(error)
            raise UnreadableDeliveryError(f"this is no {event} payload: {fault}") from error
        if payload.action != _REMOVALS[event]:
            return None
        if event == "installation":
            return Removed(payload.installation.id, None)
        gone = tuple(repository.id for repository in payload.repositories_removed)
        return Removed(payload.installation.id, gone)

    def _meaning(self, payload: Envelope | AppInstalled | None) -> Event | Aside | None:
        if isinstance(payload, AppInstalled):
            return Installed(payload.installation.id)
        if payload is None or payload.installation is None:
            return None
        repository = _repository(payload.repository, payload.installation)
        match payload:
            case IssueLabelled():
                return self._labelled(payload, repository)
            case IssueEdited():
                return _edited(payload, repository)
            case CommentCreated():
                return self._said(payload, repository)
        return self._aside(payload, repository) or _opened_or_closed(payload, repository)

    def _aside(self, payload: Envelope, repository: Repository) -> Aside | None:
        match payload:
            case CommentAltered():
                return altered(payload, repository, self._app_id)
            case Pushed():
                return advanced(payload, repository)
        return None

    def _labelled(self, payload: IssueLabelled, repository: Repository) -> Labelled | None:
        issue = payload.issue
        name = payload.label.name if payload.label else ""
        variant = variant_of(name, self._label)
        if variant is None or issue.pull_request is not None:
            return None
        return Labelled(
            repository=repository,
            issue=issue.number,
            actor=_person(payload.sender),
            actor_is_human=_is_human(payload.sender),
            title=issue.title,
            body=issue.body or "",
            author=issue.user.login if issue.user else "ghost",
            # Putting the label on is what last changed the issue.
            at=issue.updated_at,
            variant=variant,
        )

    def _said(self, payload: CommentCreated, repository: Repository) -> Said | None:
        comment = payload.comment
        first, _, below = (comment.body or "").partition("\n")
        match = _COMMAND.fullmatch(first.removesuffix("\r"))
        via = comment.performed_via_github_app
        if match is None or (via is not None and via.id == self._app_id):
            return None
        # Whoever wrote it must be who sent it: nobody else's words are a command.
        by_author = comment.user is not None and comment.user.id == payload.sender.id
        return Said(
            repository=repository,
            number=payload.issue.number,
            on_pull_request=payload.issue.pull_request is not None,
            actor=_person(payload.sender),
            actor_is_human=(
                by_author and _is_human(payload.sender) and comment.performed_via_github_app is None
            ),
            comment=comment.id,
            command=(match["word"] or "help").lower(),
            argument=_argument(match, below),
            at=comment.created_at,
        )


def variant_of(name: str, label: str) -> Variant | None:
    """Return which of our labels a name is, whatever its case; None for somebody else's."""
    plain, _, behind = name.casefold().partition(f"{label.casefold()}:")
    if plain == label.casefold():
        return Variant.STANDARD
    return Variant(behind) if not plain and behind in LABELLED_VARIANTS else None


def _argument(match: re.Match[str], below: str) -> str:
    given = match["argument"] or ""
    if (match["word"] or "").lower() != _REVISE:
        return given[:LONGEST_ARGUMENT]
    return f"{given}\n{below}".strip()[:LONGEST_TEXT]


def _edited(payload: IssueEdited, repository: Repository) -> Edited | None:
    issue = payload.issue
    if issue.pull_request is not None:
        return None
    return Edited(repository, issue.number, issue.title, issue.body or "", issue.updated_at)


def _opened_or_closed(payload: Envelope, repository: Repository) -> Ended | Reopened | None:
    actor = _person(payload.sender)
    match payload:
        case IssueClosed(issue=issue):
            on_pull_request = issue.pull_request is not None
            at = issue.closed_at or issue.updated_at
            return Ended(repository, issue.number, on_pull_request, False, actor, at)
        case PullClosed(pull_request=pull):
            at = pull.closed_at or pull.updated_at
            return Ended(repository, pull.number, True, pull.merged, actor, at)
        case IssueReopened(issue=issue):
            return Reopened(repository, issue.number, issue.pull_request is not None, actor)
        case PullReopened(pull_request=pull):
            return Reopened(repository, pull.number, True, actor)
    return None


def first_line(text: str) -> str:
    """Return a comment's first line as it was typed, without its line ending."""
    return text.split("\n", 1)[0].removesuffix("\r")


def is_command(text: str) -> bool:
    """Tell whether a comment speaks to Phaseline, whoever wrote it."""
    return _COMMAND.fullmatch(first_line(text)) is not None


def _parse(event: str, payload: Mapping[str, Any]) -> Envelope | AppInstalled | None:
    action = payload.get("action")
    model = _READ.get((event, None if action is None else str(action)))
    return None if model is None else model.model_validate(payload)


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"


def _is_human(account: Account) -> bool:
    return account.type == "User" and not account.login.endswith("[bot]")


def _person(account: Account) -> Person:
    return Person(id=account.id, login=account.login)


def _repository(part: RepositoryPart, installation: Installation) -> Repository:
    return Repository(
        id=part.id,
        owner=part.owner.login,
        name=part.name,
        installation=installation.id,
        default_branch=part.default_branch,
    )
