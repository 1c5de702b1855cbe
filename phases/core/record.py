"""What is on record of a run, as one value that gates, tracker and briefings read.

Nothing here is written back: the store makes it anew each time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from phases.core.command import Commanded, Word
from phases.core.machine import RESUMABLE
from phases.core.model import ACCEPTED, Artifact, Commit, Run, StepOutcome
from phases.core.receipts import CheckStatus, Receipt
from phases.core.submission import Submission
from phases.core.work import PhaseName, WorkName


@dataclass(frozen=True)
class Note:
    """Something a reader of the tracker should know: sent back, retried, restored."""

    at: datetime
    text: str


@dataclass(frozen=True)
class Performed:
    """One piece of work as it stands: running, accepted, or failed with a reason.

    `url` is where its artifact or receipts were posted, once they were. `detail` is what an action
    found, as text for people; `facts` the same for code.
    """

    name: WorkName
    title: str
    attempt: int
    started_at: datetime
    ended_at: datetime | None = None
    outcome: StepOutcome | None = None
    reason: str = ""
    model: str = ""
    cost_usd: Decimal = Decimal(0)
    artifact: Artifact | None = None
    submission: Submission | None = None
    commit: Commit | None = None
    receipts: tuple[Receipt, ...] = ()
    notes: tuple[Note, ...] = ()
    url: str | None = None
    detail: str = ""
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether this name is settled: it is never performed again."""
        return self.outcome in ACCEPTED

    @property
    def superseded(self) -> bool:
        """Whether a person had it done again, under another name."""
        return self.outcome is StepOutcome.SUPERSEDED

    @property
    def running(self) -> bool:
        """Whether it has begun and not ended."""
        return self.outcome is None

    @property
    def found_failures(self) -> bool:
        """Whether checks ran as they should, so that this is done, and are red."""
        return self.accepted and any(one.status is CheckStatus.FAILED for one in self.receipts)

    def fact(self, key: str) -> str | None:
        """Return one of the facts, or None."""
        return dict(self.facts).get(key)


@dataclass(frozen=True)
class Passage:
    """A run's way through one phase."""

    phase: PhaseName
    entered_at: datetime
    passed_at: datetime | None


@dataclass(frozen=True)
class Record:
    """Everything on record of one run. `works` are in the order in which they began."""

    run: Run
    works: tuple[Performed, ...] = ()
    passages: tuple[Passage, ...] = ()
    spent_usd: Decimal = Decimal(0)
    notes: tuple[Note, ...] = ()
    tracker_url: str | None = None
    commands: tuple[Commanded, ...] = ()

    @property
    def out_of_money(self) -> bool:
        """Whether the run stands still by itself and its limit is spent: what is tried stops."""
        stands = self.run.state in RESUMABLE and self.run.awaiting is None
        return stands and self.spent_usd >= self.run.limit_usd

    def ordered(self, word: Word) -> tuple[Commanded, ...]:
        """Return the orders of that word that were taken, oldest first."""
        return tuple(command for command in self.commands if command.word is word)

    def waiver(self, agent: str) -> Commanded | None:
        """Return the order by which a person waived an agent's step, if any did."""
        return next((c for c in self.ordered(Word.SKIP) if c.argument == agent), None)

    def find(self, name: WorkName) -> Performed | None:
        """Return the work of that name, whatever its state."""
        return next((work for work in self.works if work.name == name), None)

    def as_begun(self, name: WorkName) -> "Record":
        """Return the record with the works that had ended when that work began, and no other.

        A session that goes on after a restart is told what it was told at first, whatever has been
        finished beside it since.
        """
        begun = self.find(name)
        if begun is None:
            return self
        before = tuple(w for w in self.works if w.ended_at and w.ended_at <= begun.started_at)
        return replace(self, works=before)

    def without_other_opinions(self, name: WorkName) -> "Record":
        """Return the record without what the same performer made of another subject."""
        return replace(
            self,
            works=tuple(
                work
                for work in self.works
                if (work.name.phase, work.name.performer) != (name.phase, name.performer)
                or work.name.subject == name.subject
            ),
        )

    def counts(self, work: Performed) -> bool:
        """Whether work counts against a limit of rounds: not when a person asked for more since."""
        asked = self.run.asked_at
        return asked is None or work.ended_at is None or work.ended_at > asked

    def of(self, phase: PhaseName, performer: str) -> Iterator[Performed]:
        """Yield the works of a performer in a phase, oldest round first."""
        return (w for w in self.works if w.name.phase is phase and w.name.performer == performer)

    def latest(
        self, phase: PhaseName, performer: str, subject: str | None = None
    ) -> Performed | None:
        """Return the last accepted work of a performer in a phase, on that subject."""
        mine = (work for work in self.of(phase, performer) if work.name.subject == subject)
        accepted = [work for work in mine if work.accepted]
        return max(accepted, key=lambda work: work.name.round, default=None)

    def maker(self, artifact: str) -> Performed | None:
        """Return the accepted work that last made the artifact of that name."""
        made = [w for w in self.works if w.accepted and w.artifact and w.artifact.name == artifact]
        return made[-1] if made else None

    def in_phase(self, phase: PhaseName) -> bool:
        """Whether the run has entered that phase and not passed its gate."""
        passage = self.passage(phase)
        return passage is not None and passage.passed_at is None

    def artifact(self, name: str) -> Artifact | None:
        """Return the accepted artifact of that name, the latest of them."""
        maker = self.maker(name)
        return maker.artifact if maker else None

    def passage(self, phase: PhaseName) -> Passage | None:
        """Return the run's way through that phase, if it has entered it."""
        return next((passage for passage in self.passages if passage.phase is phase), None)

    def passed(self, phase: PhaseName) -> bool:
        """Whether the gate of that phase has let the run through."""
        passage = self.passage(phase)
        return passage is not None and passage.passed_at is not None

    @property
    def spec(self) -> Submission | None:
        """What the accepted pm-spec.md was submitted with."""
        maker = self.maker("pm-spec.md")
        return maker.submission if maker else None

    @property
    def baseline(self) -> tuple[Receipt, ...]:
        """The receipts of the base commit, which those of later commits are held against."""
        checked = self.latest(PhaseName.PLANNING, "baseline")
        return checked.receipts if checked else ()

    @property
    def requirement_ids(self) -> tuple[str, ...]:
        """The R-ids of the accepted spec."""
        spec = self.spec
        return tuple(r.id for r in (spec.requirements or ())) if spec else ()

    @property
    def commits(self) -> tuple[tuple[Performed, Commit], ...]:
        """The commits of this run with the work that made each, oldest first.

        Those of superseded work are among them: they stand on the branch.
        """
        return tuple((w, w.commit) for w in self.works if (w.accepted or w.superseded) and w.commit)
