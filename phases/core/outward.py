"""What a run wants to stand on GitHub: comments and reactions, each under its key, sent once."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from phases.core.model import Repository


class Place(StrEnum):
    """The conversation that a comment stands in."""

    ISSUE = "issue"
    PULL_REQUEST = "pull_request"


class OutwardKind(StrEnum):
    """What the writer does with an item."""

    COMMENT = "comment"
    REACTION = "reaction"
    REVIEW_REQUEST = "review_request"
    CHECK_RUN = "check_run"
    REVIEW = "review"


@dataclass(frozen=True)
class Desired:
    """Something that should stand on GitHub.

    A comment's `text` is its whole body without the marker; a reaction's is its content (`eyes`),
    on the issue or, with `comment`, on a comment; a review request's is a login; a check
    run's and a review's are theirs as JSON.
    """

    key: str
    kind: OutwardKind
    place: Place
    text: str
    comment: int | None = None

    @property
    def text_sha256(self) -> str:
        """The SHA-256 of the text, in hex: what stands on GitHub is compared by it."""
        return sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class OutwardItem:
    """One row of the outbox, as the writer needs it.

    `number` is the issue's or pull request's; `attempted` says that an earlier try may have reached
    GitHub, so that the writer looks for the marker before it writes. `hidden` is a line that people
    do not see, written below the text; `deletions` counts how often people have deleted it.
    """

    id: int
    run: str | None
    repository: Repository
    number: int
    desired: Desired
    marker: str
    remote_id: int | None
    attempted: bool
    hidden: str = ""
    deletions: int = 0


@dataclass(frozen=True)
class Shown:
    """A comment of a run's, as far as people may have changed it.

    `deletions` and `repairs` count how often people deleted it, and how often it was put right.
    `body_sha256` is over the body that GitHub took last, in hex; None when nobody noted it. While
    `in_flight` a write of ours has no known end.
    """

    run: str
    key: str
    deletions: int
    repairs: int
    body_sha256: str | None
    in_flight: bool


@dataclass(frozen=True)
class StandingComments:
    """What should stand in one conversation: by comment id the SHA-256 of its body, if known."""

    repository: Repository
    number: int
    bodies: tuple[tuple[int, str | None], ...]


@dataclass(frozen=True)
class Posted:
    """A comment of ours that stands on GitHub; the text of `desired` is what it shows to people."""

    desired: Desired
    remote_id: int
    url: str
