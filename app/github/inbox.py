"""What a stored delivery means to us: an event, or nothing. Not whether anybody may do it.

URLs in payloads are never read: what we call is built from our own settings.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from app.github.payloads import (
    Account,
    CommentCreated,
    Envelope,
    Installation,
    InstallationChanged,
    IssueClosed,
    IssueLabelled,
    PullClosed,
    RepositoryPart,
)
from phases.core.events import Ended, Event, Labelled, Removed, Said
from phases.core.model import Person, Repository

# What we read, by event and action. All the rest of GitHub's events means nothing to us.
_READ: Mapping[tuple[str, str], type[Envelope]] = {
    ("issues", "labeled"): IssueLabelled,
    ("issues", "closed"): IssueClosed,
    ("issue_comment", "created"): CommentCreated,
    ("pull_request", "closed"): PullClosed,
}
# By these a payload shows which event it is of, whatever its unsigned header says.
_OBJECTS: Mapping[str, tuple[str, ...]] = {
    "issues": ("issue",),
    "issue_comment": ("issue", "comment"),
    "pull_request": ("pull_request",),
}
_FOREIGN: Mapping[str, tuple[str, ...]] = {
    "issues": ("comment", "pull_request"),
    "issue_comment": ("pull_request",),
    "pull_request": ("comment", "review"),
}
# By event the action that takes repositories from us.
_REMOVALS: Mapping[str, str] = {"installation": "deleted", "installation_repositories": "removed"}
_COMMAND = re.compile(r"/phaseline(?:[ \t]+(?P<word>\S+)(?:[ \t]+(?P<argument>.*?))?)?[ \t]*")
LONGEST_ARGUMENT = 1000


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

    def read(self, event: str, body: bytes) -> Event | None:
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

    def _meaning(self, payload: Envelope | None) -> Event | None:
        if payload is None or payload.installation is None:
            return None
        repository = _repository(payload.repository, payload.installation)
        match payload:
            case IssueLabelled():
                return self._labelled(payload, repository)
            case CommentCreated():
                return self._said(payload, repository)
            case IssueClosed():
                return Ended(
                    repository=repository,
                    number=payload.issue.number,
                    on_pull_request=payload.issue.pull_request is not None,
                    merged=False,
                    actor=_person(payload.sender),
                    at=payload.issue.updated_at,
                )
            case PullClosed():
                return Ended(
                    repository=repository,
                    number=payload.pull_request.number,
                    on_pull_request=True,
                    merged=payload.pull_request.merged,
                    actor=_person(payload.sender),
                    at=payload.pull_request.updated_at,
                )
        return None

    def _labelled(self, payload: IssueLabelled, repository: Repository) -> Labelled | None:
        issue = payload.issue
        name = payload.label.name if payload.label else ""
        if name.casefold() != self._label or issue.pull_request is not None:
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
        )

    def _said(self, payload: CommentCreated, repository: Repository) -> Said | None:
        comment = payload.comment
        match = _COMMAND.fullmatch(first_line(comment.body or ""))
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
            argument=(match["argument"] or "")[:LONGEST_ARGUMENT],
            at=comment.created_at,
        )


def first_line(text: str) -> str:
    """Return a comment's first line as it was typed, without its line ending."""
    return text.split("\n", 1)[0].removesuffix("\r")


def is_command(text: str) -> bool:
    """Tell whether a comment speaks to Phaseline, whoever wrote it."""
    return _COMMAND.fullmatch(first_line(text)) is not None


def _parse(event: str, payload: Mapping[str, Any]) -> Envelope | None:
    model = _READ.get((event, str(payload.get("action"))))
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
