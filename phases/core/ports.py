"""What the phases ask of the outside.

Adapters live in the rooms of `app`; the fakes in `tests/fakes`.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from phases.core.agent import Roster
from phases.core.model import (
    Arrival,
    Base,
    Change,
    Commit,
    Drift,
    Merge,
    PullRequest,
    Request,
    Run,
)
from phases.core.outward import Desired
from phases.core.receipts import Receipt
from phases.core.record import Performed, Record
from phases.core.session import Assignment, SessionEnd
from phases.core.submission import CommitMessage, Submission
from phases.core.work import PhaseName, WorkName


class Clock(Protocol):
    """The time of day, in UTC, and waiting for more of it."""

    def now(self) -> datetime:
        """Return the present moment, with its time zone."""

    async def sleep(self, seconds: float) -> None:
        """Let that much time go by."""


@dataclass(frozen=True)
class ToolResult:
    """What a tool gave back, written for the model."""

    text: str
    is_error: bool = False


class Desk(Protocol):
    """Where the tools of one session run."""

    async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        """Run one tool in the cage; what goes wrong inside it is a result, not an exception."""

    async def snapshot(self) -> str | None:
        """Keep the files as they are and return their name; None for a desk that cannot write."""

    async def restore(self, snapshot: str) -> None:
        """Put the files back to a snapshot.

        Raises:
            SnapshotLostError: when it was made elsewhere, and is not to be had here.
        """

    async def begin_again(self) -> None:
        """Put the files back to how they were when the desk was opened."""


class Worktree(Desk, Protocol):
    """The checkout that one step works in, and what the service reads from it."""

    async def take_up(self, snapshot: str) -> bool:
        """Begin with the files of an earlier attempt; False, and as opened, when they are lost."""

    async def changes(self) -> tuple[Change, ...]:
        """Return what differs from the commit the step started from, ignored files left out."""

    async def restore_paths(self, paths: tuple[str, ...]) -> None:
        """Put single paths back to the commit the step started from."""

    async def commit(self, message: CommitMessage, trailers: Mapping[str, str]) -> Commit:
        """Make one commit of the changes as the App's bot; it is not pushed yet.

        Raises:
            BlockedError: when the changes hold something that is never committed (a secret, a link
            that leaves the tree).
        """

    async def diff(self, base: str, *, limit: int) -> str:
        """Return the unified diff from a commit to the step's start, cut at `limit` characters."""

    async def written(self, *, limit: int) -> str:
        """Return the unified diff from the step's start to its files now, cut at `limit` bytes."""

    def betrays(self, text: str) -> bool:
        """Tell whether a text holds a secret of this service, in part or in disguise."""

    @property
    def conflicts(self) -> tuple[str, ...]:
        """The paths that a merge left with conflicts; none where nothing was merged."""

    async def unresolved(self) -> tuple[str, ...]:
        """Return those of them whose files still hold conflict markers."""

    def line_exists(self, path: str, line: int | None) -> bool:
        """Tell whether a path (and line) is there, at the step's start or as its files are now."""


@dataclass(frozen=True)
class RepositoryMap:
    """What an agent is told of a repository: its files and its checks, each a capped text."""

    tree: str
    checks: str


class Workspaces(Protocol):
    """Git and the cage, for one run at a time."""

    async def fetch_base(self, run: Run) -> Base:
        """Fetch the default branch and freeze what the run starts from, its places included.

        Raises:
            TransientError: when GitHub does not answer.
        """

    def warning(self) -> str:
        """Return what people must know of where agents work on this host; empty for nothing."""

    async def survey(self, run: Run) -> RepositoryMap:
        """Describe the repository at the run's base commit."""

    async def roster(self, run: Run) -> Roster:
        """Return the agents, skills and rules as frozen at the run's base commit."""

    async def prepare(self, run: Run) -> tuple[Receipt | None, str]:
        """Build the environment of the base commit.

        Return a receipt of the work (None: nothing to do) and its key.
        """

    async def check(self, run: Run, commit: str) -> tuple[Receipt, ...]:
        """Run every check over a throw-away checkout of exactly that commit."""

    def open(
        self,
        run: Run,
        name: WorkName,
        roster: Roster,
        *,
        writable: bool,
        merging: str | None = None,
    ) -> AbstractAsyncContextManager[Worktree]:
        """Open the checkout for one step at the run's head (its base before there is one).

        With `merging` that commit is merged into it, conflict markers and all, and the step's
        commit completes the merge.
        """

    async def arrived(self, run: Run) -> Arrival | None:
        """Return what people have pushed on top of the run's head, or None.

        Raises:
            BlockedError: when the branch is gone, or was rewritten; the message says what to do.
            TransientError: when GitHub does not answer.
        """

    async def drift(self, run: Run) -> Drift | None:
        """Return how far the base branch is from the run's; None when the run's has all of it.

        Raises:
            TransientError: when GitHub does not answer.
        """

    async def merge(self, run: Run, name: WorkName, tip: str) -> Merge:
        """Merge a commit into the run's branch, push that when it merges cleanly, and say so.

        Raises:
            BlockedError: when GitHub's rules refuse the push; the message quotes them.
        """

    async def changed(self, run: Run) -> tuple[str, ...]:
        """Return the paths that the run's branch changes against where it left its base branch."""

    async def push(self, run: Run, commit: str) -> None:
        """Push a commit to the run's branch, as a fast-forward; done already counts as done.

        Raises:
            BlockedError: when GitHub's rules refuse it; the message quotes them.
        """


class Forge(Protocol):
    """What is awaited of GitHub; everything else goes through the outbox."""

    async def freeze_request(self, run: Run) -> Request:
        """Return title and body of the signed delivery with the comments that stood before it."""

    async def open_draft(self, run: Run, title: str, body: str) -> tuple[str, str, PullRequest]:
        """Create branch, empty commit and draft pull request, each only when it is not there.

        Return branch, head, PR.
        """

    async def describe_pull_request(self, run: Run, title: str, body: str) -> None:
        """Set title and body of the run's pull request."""

    async def mark_ready(self, run: Run) -> PullRequest:
        """Flip the draft to ready for review.

        A pull request that is ready already is left alone.
        """


Examine = Callable[[Submission], Awaitable[tuple[str, ...]]]


class Sessions(Protocol):
    """Conversations with the model."""

    async def converse(self, assignment: Assignment, desk: Desk, examine: Examine) -> SessionEnd:
        """Hold one session to its end.

        `examine` returns the sentences that send a submission back.
        """

    def model_of(self, assignment: Assignment) -> str:
        """Return the model id that an assignment's tier stands for."""


class Records(Protocol):
    """The store, as the engine needs it.

    Every write carries the segment and is refused when the run has moved on.
    """

    async def record(self, run: str) -> Record:
        """Return everything on record of a run."""

    async def amend(self, run: Run) -> None:
        """Write the run's own fields (request, base, branch, head, pull request, sides).

        Raises:
            StaleSegmentError: when the run has moved on. So do all the writes below.
        """

    async def enter(self, run: Run, phase: PhaseName) -> None:
        """Note that the run has entered a phase, once."""

    async def pass_gate(self, run: Run, phase: PhaseName) -> None:
        """Note that a phase's gate has let the run through, once."""

    async def begin(self, run: Run, name: WorkName, title: str) -> int:
        """Note that work has begun and return its attempt, from 1.

        An attempt in progress is continued.
        """

    async def adopt(self, run: Run, tip: str, text: str, show: tuple[Desired, ...]) -> None:
        """Make a commit of people's the run's head, with a note and what shows it, at once."""

    async def note(self, run: Run, name: WorkName | None, text: str) -> None:
        """Add a note to a piece of work, or to the run."""

    async def finish(self, run: Run, performed: Performed, show: tuple[Desired, ...]) -> None:
        """Record how work ended, what shows it, and the run's new head, in one transaction."""

    async def outbox_is_empty(self, run: str) -> bool:
        """Tell whether everything but the tracker was sent."""
