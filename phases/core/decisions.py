"""What an event can lead to, as data. What it does lead to, `phases.intake` decides."""

from dataclasses import dataclass
from decimal import Decimal

from phases.core.command import Word
from phases.core.events import Labelled
from phases.core.model import Request, Run
from phases.core.work import WorkName


@dataclass(frozen=True)
class Order:
    """A command to put on record with its effect: the word, and what it needs."""

    word: Word
    argument: str = ""


@dataclass(frozen=True)
class Start:
    """Start a run for the issue; `number` counts the runs of one issue from 1."""

    event: Labelled
    number: int


@dataclass(frozen=True)
class Resume:
    """Go on with a run that stands still; `request` is what it works from now, if not as before.

    The works of `again` are superseded: they are done again, under names of their own.
    """

    run: Run
    why: str
    order: Order | None = None
    request: Request | None = None
    again: tuple[WorkName, ...] = ()


@dataclass(frozen=True)
class Pause:
    """Let a run stand still until somebody resumes it."""

    run: Run
    why: str
    order: Order


@dataclass(frozen=True)
class Heed:
    """Put an order on record that takes effect when its step comes; nothing moves."""

    run: Run
    why: str
    order: Order


@dataclass(frozen=True)
class Raise:
    """Let a run spend `usd` in all; one that stopped by itself goes on."""

    run: Run
    usd: Decimal
    why: str
    order: Order


@dataclass(frozen=True)
class Cancel:
    """End a run before its end; its branch is kept."""

    run: Run
    why: str


@dataclass(frozen=True)
class Close:
    """Note that a run's pull request was merged or closed."""

    run: Run
    why: str


@dataclass(frozen=True)
class NoteEdit:
    """Note that the issue reads differently from what the run works from; None: not any more."""

    run: Run
    request: Request | None


@dataclass(frozen=True)
class Furnish:
    """See to the labels of an installation's repositories."""

    installation: int


@dataclass(frozen=True)
class Refuse:
    """Say why not, where it was asked, in one comment; `key` makes it one, however often it is."""

    text: str
    key: str


@dataclass(frozen=True)
class Answer:
    """Answer a question in one comment, where it was asked."""

    text: str
    key: str


@dataclass(frozen=True)
class React:
    """Answer with a reaction on the comment: it was heard and there is nothing to do."""

    content: str


@dataclass(frozen=True)
class Decline:
    """Let somebody who may not command know it, without becoming anybody's loudspeaker.

    A reaction for each person of a conversation; `text`, where there is one, once for all of them.
    """

    text: str


@dataclass(frozen=True)
class Ignore:
    """Do nothing; `why` is for the log."""

    why: str


Decision = (
    Start
    | Resume
    | Pause
    | Heed
    | Raise
    | Cancel
    | Close
    | NoteEdit
    | Furnish
    | Refuse
    | Answer
    | React
    | Decline
    | Ignore
)
