"""Fakes at the ports of the phases: a clock by hand, a forge, workspaces and sessions in memory.

What they remember is public, so that a test can say what must have happened.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from phases.core.agent import Roster
from phases.core.errors import Blocked, BlockedError, Later
from phases.core.model import (
    Arrival,
    Base,
    Commit,
    Drift,
    Merge,
    Places,
    PullRequest,
    Request,
    Run,
    StepOutcome,
)
from phases.core.ports import Desk, Examine, RepositoryMap
from phases.core.receipts import CheckId, CheckKind, CheckStatus, Failure, Receipt
from phases.core.session import Assignment, SessionEnd
from phases.core.submission import Side, Submission
from phases.core.work import WorkName
from tests.fakes.worktree import FakeWorktree, sha

PLACES = Places(
    backend=("/back/",), frontend=("/front/",), docs=("/docs/", "*.md"), tests=("/tests/",)
)


class ManualClock:
    """A clock that moves a second at each look, and when it is told to."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the next second."""
        self.moment += timedelta(seconds=1)
        return self.moment

    async def sleep(self, seconds: float) -> None:
        """Move on at once, and let others run."""
        self.moment += timedelta(seconds=seconds)
        await asyncio.sleep(0)


class JumpingClock(ManualClock):
    """A clock that is set two hours forward or back at every other look."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = Random(seed)  # noqa: S311 - the same jumps every time.

    def now(self) -> datetime:
        """Return a second, of which nobody knows before which others it lies."""
        return super().now() + timedelta(hours=self._random.choice((-2, 0, 0, 2)))


class FakeForge:
    """GitHub, as far as runs await it."""

    def __init__(self) -> None:
        self.descriptions: list[tuple[str, str]] = []
        self.flips = 0

    async def freeze_request(self, run: Run) -> Request:
        """Return the request that came with the label."""
        assert run.request is not None
        return run.request

    async def open_draft(self, run: Run, title: str, body: str) -> tuple[str, str, PullRequest]:
        """Open the one draft."""
        assert title
        assert body
        branch = f"phaseline/{run.issue}-feature"
        return branch, sha("empty"), PullRequest(7, "PR_7", "https://forge.invalid/pull/7", True)

    async def describe_pull_request(self, run: Run, title: str, body: str) -> None:
        """Remember the description."""
        assert run.pull_request
        self.descriptions.append((title, body))

    async def mark_ready(self, run: Run) -> PullRequest:
        """Flip the draft."""
        assert run.pull_request
        self.flips += 1
        return replace(run.pull_request, draft=False)


class FakeWorkspaces:
    """Git and the cage: commits are names, checks answer as `verdicts` tells them."""

    def __init__(self, roster: Roster) -> None:
        self.team = roster
        self.places = PLACES
        self.pushed: list[str] = []
        self.opened: list[FakeWorktree] = []
        self.checked: list[str] = []
        self.verdicts: Callable[[str, int], tuple[Receipt, ...]] = green
        self.push_refusal = ""
        self.cage_warning = ""
        self.plan_gate = False
        # How far the base branch has moved, and the merges that were made of it.
        self.base_drift: Drift | None = None
        self.merged: list[str] = []
        self.branch_changes: tuple[str, ...] = ()
        # What people push: a tip on top of whatever the head is when it is looked for.
        self.human_tip: str | None = None
        self.lost = ""
        self.trouble: OSError | None = None

    def warning(self) -> str:
        """Return what the test wants people to know."""
        return self.cage_warning

    async def fetch_base(self, run: Run) -> Base:
        """Return the base commit, unless something is wrong with the machine."""
        if self.trouble is not None:
            raise self.trouble
        return Base(sha("base"), run.repository.default_branch, self.places, self.plan_gate)

    async def survey(self, run: Run) -> RepositoryMap:
        """Return a small map."""
        return RepositoryMap("back/a.py", "backend lint: ruff")

    async def roster(self, run: Run) -> Roster:
        """Return the team."""
        return self.team

    async def prepare(self, run: Run) -> tuple[Receipt | None, str]:
        """Nothing to install."""
        return None, "environment-1"

    async def check(self, run: Run, commit: str) -> tuple[Receipt, ...]:
        """Answer as the test decides, by commit and by how often checks were run."""
        self.checked.append(commit)
        return self.verdicts(commit, len(self.checked))

    @asynccontextmanager
    async def open(
        self,
        run: Run,
        name: WorkName,
        roster: Roster,
        *,
        writable: bool,
        merging: str | None = None,
    ) -> AsyncIterator[FakeWorktree]:
        """Open a fresh worktree at the run's head; what is merged conflicts as the drift says."""
        worktree = FakeWorktree(run.head or sha("base"))
        if merging and self.base_drift:
            worktree.conflicts = self.base_drift.conflicts
        self.opened.append(worktree)
        yield worktree

    async def arrived(self, run: Run) -> Arrival | None:
        """Return what the test has people push, until it is adopted."""
        if self.lost:
            raise BlockedError(self.lost)
        if self.human_tip is None or run.adopted == self.human_tip:
            return None
        return Arrival(self.human_tip, 2)

    async def drift(self, run: Run) -> Drift | None:
        """Return what the test wants, until it is merged."""
        return self.base_drift

    async def merge(self, run: Run, name: WorkName, tip: str) -> Merge:
        """Merge what has no conflicts."""
        assert self.base_drift
        if self.base_drift.conflicts:
            return Merge(tip, self.base_drift.conflicts, None)
        self.base_drift = None
        made = sha(f"merge {tip} {name}")
        self.merged.append(made)
        return Merge(tip, (), Commit(made, sha(f"tree of {made}"), "chore: merge", (), 0, 0))

    async def changed(self, run: Run) -> tuple[str, ...]:
        """Return what the test says."""
        return self.branch_changes

    async def push(self, run: Run, commit: str) -> None:
        """Remember the push, or refuse it."""
        if self.push_refusal:
            raise BlockedError(self.push_refusal)
        self.pushed.append(commit)


@dataclass(frozen=True)
class Turn:
    """What a scripted agent does before it submits: the files it writes, then what it hands in."""

    submission: Submission
    writes: tuple[str, ...] = ()


Play = Mapping[str, list[Turn | SessionEnd | StepOutcome | Later | Blocked]]


class ScriptedSessions:
    """Sessions that play, per step, turns or bad ends, one list per attempt's submissions."""

    def __init__(self, play: Play) -> None:
        self.play = {name: list(turns) for name, turns in play.items()}
        self.assignments: list[Assignment] = []
        self.sent_back: dict[str, list[str]] = defaultdict(list)
        # Steps that begin only together: each waits until all of them are there.
        self.meeting: set[str] = set()
        self._arrived: set[str] = set()
        self._met = asyncio.Event()

    async def converse(self, assignment: Assignment, desk: Desk, examine: Examine) -> SessionEnd:
        """Hand in what the script says until it is taken, or end as it says."""
        self.assignments.append(assignment)
        if str(assignment.name) in self.meeting:
            await self._meet(str(assignment.name))
        return await self._play(assignment, desk, examine)

    async def _meet(self, name: str) -> None:
        self._arrived.add(name)
        if self._arrived == self.meeting:
            self._met.set()
        async with asyncio.timeout(10):
            await self._met.wait()

    async def _play(self, assignment: Assignment, desk: Desk, examine: Examine) -> SessionEnd:
        turns = self.play[str(assignment.name)]
        while turns:
            turn = turns.pop(0)
            if isinstance(turn, Later | Blocked):
                reason = "the session stopped"
                outcome = StepOutcome.OVER_BUDGET
                return SessionEnd(outcome, reason, None, 1, Decimal("0.01"), setback=turn)
            if isinstance(turn, SessionEnd):
                return turn
            if isinstance(turn, StepOutcome):
                return SessionEnd(turn, f"scripted as {turn}", None, 1, Decimal("0.01"))
            for path in turn.writes:
                await desk.call("write", {"path": path})
            sentences = await examine(turn.submission)
            if not sentences:
                outcome = StepOutcome(turn.submission.outcome)
                reason = turn.submission.summary
                return SessionEnd(outcome, reason, turn.submission, 1, Decimal("0.01"))
            self.sent_back[str(assignment.name)].extend(sentences)
        reason = "the script has no more turns"
        return SessionEnd(StepOutcome.NO_OUTPUT, reason, None, 1, Decimal("0.01"))

    def model_of(self, assignment: Assignment) -> str:
        """Return a model's name by its tier."""
        return f"model-{assignment.tier}"


def receipt(commit: str, kind: CheckKind, *failures: str, **fields: Any) -> Receipt:
    """Return a back-end receipt: passed, or failed with a failure per message."""
    check = CheckId(Side.BACKEND, kind)
    parsed = tuple(Failure(check, "back/a.py", 3, "rule", message) for message in failures)
    made = Receipt(
        check=check,
        status=CheckStatus.FAILED if failures else CheckStatus.PASSED,
        argv=("check", kind),
        exit_code=1 if failures else 0,
        commit=commit,
        tree=sha(f"tree of {commit}"),
        environment="environment-1",
        seconds=0.1,
        log_sha256="0" * 64,
        failures=parsed,
    )
    return replace(made, **fields)


def green(commit: str, _count: int) -> tuple[Receipt, ...]:
    """Return receipts of checks that all pass."""
    return tuple(receipt(commit, kind) for kind in CheckKind)
