"""What a delivery means to us; whatever means nothing has no event."""

from dataclasses import dataclass
from datetime import datetime

from phases.core.model import Person, Repository


@dataclass(frozen=True)
class Labelled:
    """Somebody put our label on an issue; title and body are those of the signed delivery."""

    repository: Repository
    issue: int
    actor: Person
    actor_is_human: bool
    title: str
    body: str
    author: str
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


Event = Labelled | Said | Ended
