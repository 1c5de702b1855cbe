"""What a delivery means to us; whatever means nothing has no event."""

from dataclasses import dataclass
from datetime import datetime

from phases.core.model import Person, Repository, Variant


@dataclass(frozen=True)
class Labelled:
    """Somebody put one of our labels on an issue; title and body are the signed delivery's."""

    repository: Repository
    issue: int
    actor: Person
    actor_is_human: bool
    title: str
    body: str
    author: str
    at: datetime
    variant: Variant = Variant.STANDARD


@dataclass(frozen=True)
class Edited:
    """Somebody changed an issue's title or body to what the signed delivery says."""

    repository: Repository
    issue: int
    title: str
    body: str
    at: datetime


@dataclass(frozen=True)
class Said:
    """Somebody wrote a new comment whose first line is a command."""

    repository: Repository
    number: int
    on_pull_request: bool
    actor: Person
    actor_is_human: bool
    comment: int
    command: str
    argument: str
    at: datetime


@dataclass(frozen=True)
class Ended:
    """The issue or its pull request was closed, or the pull request merged."""

    repository: Repository
    number: int
    on_pull_request: bool
    merged: bool
    actor: Person
    at: datetime


@dataclass(frozen=True)
class Removed:
    """Our App may not see repositories any more; None stands for all of the installation.

    It meets no run and leads to no decision: what is known of them is forgotten.
    """

    installation: int
    repositories: tuple[int, ...] | None


@dataclass(frozen=True)
class Reopened:
    """The issue or its pull request was opened again."""

    repository: Repository
    number: int
    on_pull_request: bool
    actor: Person


@dataclass(frozen=True)
class Installed:
    """The App was installed, or given more repositories."""

    installation: int


@dataclass(frozen=True)
class Altered:
    """Somebody deleted or edited a comment of ours; nobody is named where the sweep found it.

    `body_sha256` is over what it says now, in hex; empty for one that is gone.
    """

    repository: Repository
    comment: int
    deleted: bool
    body_sha256: str
    actor: Person | None


@dataclass(frozen=True)
class Advanced:
    """A branch was pushed to; `tip` is where it stands now."""

    repository: Repository
    branch: str
    tip: str


# What moves no run: it changes what is shown of runs, or what is known of what they start from.
Aside = Altered | Advanced
Event = Labelled | Edited | Said | Ended | Reopened | Installed
