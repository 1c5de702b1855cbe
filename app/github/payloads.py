"""The few fields that we read of GitHub's webhook payloads, and nothing else of them.

Everything unknown is ignored; a field that we read and that is missing or odd is a mismatch.
Names that later stand in URLs are held to the characters that GitHub allows in them.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

Id = Annotated[int, Field(strict=True, ge=1, lt=2**63)]
Number = Annotated[int, Field(strict=True, ge=1, lt=2**31)]
Login = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\[bot\])?$")]


def _no_climbing(name: str) -> str:
    if name in {".", ".."}:
        raise ValueError("a repository is not called that")
    return name


RepositoryName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$"), AfterValidator(_no_climbing)
]


class Payload(BaseModel):
    """A part of a payload: tolerant of what it does not know."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Account(Payload):
    """A user, a bot or an organisation."""

    id: Id
    login: Login
    type: str = "User"


class Owner(Payload):
    """Whom a repository belongs to."""

    login: Login


class RepositoryPart(Payload):
    """The repository that an event happened in."""

    id: Id
    name: RepositoryName
    owner: Owner
    default_branch: str = Field(min_length=1, max_length=255)


class Installation(Payload):
    """The installation of our App that an event was sent to."""

    id: Id


class ByApp(Payload):
    """The App by which something was written."""

    id: Id


class PullLink(Payload):
    """Stands in an issue that is a pull request."""


class Label(Payload):
    """A label."""

    name: str


class IssuePart(Payload):
    """The issue of an event."""

    number: Number
    title: str
    body: str | None = None
    user: Account | None = None
    updated_at: AwareDatetime
    closed_at: AwareDatetime | None = None
    pull_request: PullLink | None = None


class CommentPart(Payload):
    """The comment of an event."""

    id: Id
    body: str | None = None
    user: Account | None = None
    created_at: AwareDatetime
    performed_via_github_app: ByApp | None = None


class PullPart(Payload):
    """The pull request of an event."""

    number: Number
    merged: bool = False
    updated_at: AwareDatetime
    closed_at: AwareDatetime | None = None


class Envelope(Payload):
    """What every event of a repository that we read has in common.

    Without an installation it came from a webhook that is not an App's.
    """

    repository: RepositoryPart
    installation: Installation | None = None
    sender: Account


class RemovedRepository(Payload):
    """A repository that was taken from an installation."""

    id: Id


class InstallationChanged(Payload):
    """`installation` and `installation_repositories`, where repositories go away."""

    action: str
    installation: Installation
    repositories_removed: tuple[RemovedRepository, ...] = ()


class AppInstalled(Payload):
    """`installation.created`, `.unsuspend`, and `installation_repositories.added`."""

    action: Literal["created", "unsuspend", "added"]
    installation: Installation


class IssueLabelled(Envelope):
    """`issues.labeled`."""

    action: Literal["labeled"]
    issue: IssuePart
    label: Label | None = None


class IssueClosed(Envelope):
    """`issues.closed`."""

    action: Literal["closed"]
    issue: IssuePart


class IssueEdited(Envelope):
    """`issues.edited`."""

    action: Literal["edited"]
    issue: IssuePart


class IssueReopened(Envelope):
    """`issues.reopened`."""

    action: Literal["reopened"]
    issue: IssuePart


class CommentCreated(Envelope):
    """`issue_comment.created`."""

    action: Literal["created"]
    issue: IssuePart
    comment: CommentPart


class CommentAltered(Envelope):
    """`issue_comment.edited` and `.deleted`."""

    action: Literal["edited", "deleted"]
    comment: CommentPart


class Pushed(Envelope):
    """`push`; `after` is where the ref stands now, zeros where it is gone."""

    ref: str
    after: str = Field(pattern=r"^[0-9a-f]{40,64}$")


class PullClosed(Envelope):
    """`pull_request.closed`."""

    action: Literal["closed"]
    pull_request: PullPart


class PullReopened(Envelope):
    """`pull_request.reopened`."""

    action: Literal["reopened"]
    pull_request: PullPart
