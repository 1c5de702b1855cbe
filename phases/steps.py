"""Performs one step: brief the agent, hold the session, examine, commit, push, record.

A step is done when its session ended, its artifact is valid, and the git facts agree.
"""

from dataclasses import replace
from decimal import Decimal
from hashlib import sha256

from phases.adoption import Adoption
from phases.core.agent import Agent, Roster
from phases.core.briefing import Handoff, brief
from phases.core.check_run import begun
from phases.core.code_review import code_review
from phases.core.command import Word
from phases.core.comments import artifact_comment
from phases.core.errors import BlockedError, SnapshotLostError, raise_setback
from phases.core.model import Artifact, Run, StepOutcome, Variant
from phases.core.outward import Desired
from phases.core.ports import Clock, Records, Sessions, Workspaces, Worktree
from phases.core.record import Performed, Record
from phases.core.session import Assignment, SessionEnd, SessionLimits
from phases.core.submission import Demand, Outcome, Submission
from phases.core.taking_up import left_by, left_to, revised
from phases.core.work import SECOND_OPINION, Files, PhaseName, Step, WorkName
from phases.examination import Examination
from phases.ready import MERGE, hold_to_base

ATTEMPTS = 2
DIFF_LIMIT = 60_000
# Only lines are looked up in it.
REVIEWED_DIFF_LIMIT = 2_000_000
LEFT_OUT_OF_LIGHT = frozenset({"ui-designer", "code-optimizer", "code-simplifier"})


class StepPerformer:
    """Brings one step to an accepted end, or says why it could not."""

    def __init__(
        self,
        records: Records,
        workspaces: Workspaces,
        sessions: Sessions,
        clock: Clock,
        notice: str,
    ) -> None:
        self._records = records
        self._workspaces = workspaces
        self._sessions = sessions
        self._clock = clock
        self._notice = notice
        self._adoption = Adoption(records, workspaces)

    async def perform(
        self, record: Record, step: Step, name: WorkName, answering: tuple[WorkName, ...]
    ) -> None:
        """Perform a step that is not settled yet; after a failure once more, a tier up.

        Raises:
            BlockedError: when both attempts failed, the agent says that a person must decide, or
            the same session may go on once a person has acted.
            TransientError: when the same session may go on later.
        """
        if step.merges:
            record = await self._adoption.adopt(record, name)
        if reason := _skip(record, step):
            await self._leave_out(record.run, step, name, StepOutcome.SKIPPED, reason)
            return
        if waiver := record.waiver(step.agent):
            reason = f"Waived by {waiver.by.login}."
            await self._leave_out(record.run, step, name, StepOutcome.WAIVED, reason)
            return
        step = _as_repeated(record, step)
        while True:
            record = await self._adoption.adopt(record, name)
            if name.phase is PhaseName.READY and not step.merges:
                hold_to_base(record)
            attempt = await self._records.begin(record.run, name, step.title)
            record = await self._records.record(record.run.id)
            performed = await self._attempt(record, step, name, attempt, answering)
            if performed.accepted:
                return
            if performed.outcome is StepOutcome.BLOCKED or attempt % ATTEMPTS == 0:
                raise BlockedError(_failure(step, performed))
            record = await self._records.record(record.run.id)

    async def _leave_out(
        self, run: Run, step: Step, name: WorkName, outcome: StepOutcome, reason: str
    ) -> None:
        attempt = await self._records.begin(run, name, step.title)
        now = self._clock.now()
        left_out = Performed(name, step.title, attempt, now, now, outcome, reason)
        await self._records.finish(run, left_out, ())

    async def _attempt(
        self,
        record: Record,
        step: Step,
        name: WorkName,
        attempt: int,
        answering: tuple[WorkName, ...],
    ) -> Performed:
        run = record.run
        started = self._clock.now()
        roster = await self._workspaces.roster(run)
        agent = roster.agent(step.agent)
        writable = step.files is not Files.READ_ONLY
        merging = _merging(record) if step.merges else None
        async with self._workspaces.open(
            run, name, roster, writable=writable, merging=merging
        ) as worktree:
            handoff = await self._handoff(record, agent, worktree, answering, name)
            assignment = await self._assignment(record, roster, agent, step, name, attempt, handoff)
            examination = Examination(self._records, worktree, record, agent, step, name)
            end = await self._converse(assignment, worktree, examination)
            if end.setback is not None:
                raise_setback(end.setback)
            ended = Performed(
                name,
                step.title,
                attempt,
                started,
                outcome=end.outcome,
                reason=end.reason,
                model=self._sessions.model_of(assignment),
                cost_usd=end.cost_usd,
                facts=left_by(run, step, end, handoff.left),
            )
            performed = await self._deliver(record, step, worktree, end.submission, ended)
            show = await _shown(record, step, worktree, performed, self._notice)
        performed = replace(performed, ended_at=self._clock.now())
        await self._records.finish(run, performed, show)
        return performed

    async def _converse(
        self, assignment: Assignment, worktree: Worktree, examination: Examination
    ) -> SessionEnd:
        try:
            return await self._sessions.converse(assignment, worktree, examination)
        except SnapshotLostError as error:
            # What the agent was told of its files is not true any more: there is no way to go on.
            return SessionEnd(StepOutcome.INFRA_ERROR, str(error), None, 0, Decimal(0))

    async def _deliver(
        self,
        record: Record,
        step: Step,
        worktree: Worktree,
        submission: Submission | None,
        ended: Performed,
    ) -> Performed:
        """Return the work with what its session handed in; what it changed is on GitHub then."""
        if submission is None:
            return ended
        if submission.outcome is Outcome.BLOCKED:
            questions = [f"- {question}" for question in submission.questions or ()]
            reason = "\n".join([submission.summary, *questions])
            return replace(ended, submission=submission, reason=reason)
        text, why = submission.artifact, submission.summary
        artifact = Artifact(step.makes, text, sha256(text.encode()).hexdigest())
        made = replace(ended, submission=submission, artifact=artifact, reason=why)
        if step.files is not Files.COMMITTED or submission.outcome is Outcome.NO_CHANGE:
            return made
        if submission.commit is None:
            return replace(made, outcome=StepOutcome.NO_OUTPUT, reason="no commit message")
        if await self._adoption.overtaken(record):
            reason = "People pushed to the branch meanwhile; the step begins again from there."
            return replace(ended, outcome=StepOutcome.INFRA_ERROR, reason=reason)
        trailers = {"Phaseline-Work": f"{record.run.id}/{ended.name}"}
        commit = await worktree.commit(submission.commit, trailers)
        await self._workspaces.push(record.run, commit.sha)
        return replace(made, commit=commit)

    async def _handoff(
        self,
        record: Record,
        agent: Agent,
        worktree: Worktree,
        answering: tuple[WorkName, ...],
        name: WorkName,
    ) -> Handoff:
        wants_diff = "diff" in (*agent.inputs, *agent.inputs_if_present)
        base = record.run.base.sha if record.run.base else ""
        diff = await worktree.diff(base, limit=DIFF_LIMIT) if wants_diff and base else ""
        earlier, left = record.find(name), left_to(record, name)
        return Handoff(
            answering=tuple(work for n in answering if (work := record.find(n))),
            diff=diff,
            # The reason of the attempt before stands until this one ends.
            earlier_failure=earlier.reason if earlier else "",
            wishes=_wishes(record) if name.phase is PhaseName.PLANNING else (),
            conflicts=worktree.conflicts,
            left=left if left and await worktree.take_up(left) else None,
        )

    async def _assignment(
        self,
        record: Record,
        roster: Roster,
        agent: Agent,
        step: Step,
        name: WorkName,
        attempt: int,
        handoff: Handoff,
    ) -> Assignment:
        survey = await self._workspaces.survey(record.run)
        tier = agent.tier.another() if name.subject == SECOND_OPINION else agent.tier
        told = record.as_begun(name).without_other_opinions(name)
        before = revised(told, step, name) if attempt == 1 else None
        return Assignment(
            session=f"{record.run.id}/{name}#{attempt}",
            run=record.run.id,
            name=name,
            attempt=attempt,
            agent=agent,
            tier=tier.next_up() if attempt % ATTEMPTS == 0 else tier,
            prompt=brief(told, roster, agent, step, name, survey, handoff),
            limits=SessionLimits(agent.limits.turns, agent.limits.minutes * 60, agent.limits.usd),
            earlier=f"{record.run.id}/{before.name}#{before.attempt}" if before else None,
        )


async def _shown(
    record: Record, step: Step, worktree: Worktree, performed: Performed, notice: str
) -> tuple[Desired, ...]:
    """Return what shows a step on GitHub: its artifact, its commit's check run, its findings."""
    show = [artifact_comment(performed, notice)] if performed.artifact else []
    if performed.commit:
        show += begun(record, performed.commit.sha)
    run = record.run
    if Demand.FINDINGS in step.demands and performed.accepted and run.base and run.head:
        diff = await worktree.diff(run.base.sha, limit=REVIEWED_DIFF_LIMIT)
        earlier = [
            work
            for work in record.of(performed.name.phase, performed.name.performer)
            if work.accepted and work.name.round < performed.name.round
        ]
        show += code_review(performed, run.head, diff, earlier)
    return tuple(show)


def _wishes(record: Record) -> tuple[str, ...]:
    return tuple(command.argument for command in record.ordered(Word.REVISE))


def _skip(record: Record, step: Step) -> str:
    if record.run.variant is Variant.LIGHT and step.agent in LEFT_OUT_OF_LIGHT:
        return "The label asks for the light weight, which does without it."
    if step.merges and record.run.drift is None:
        return "The base branch has been merged meanwhile."
    if step.side is None:
        return ""
    spec = record.spec
    if spec and spec.sides is not None and step.side not in spec.sides:
        return f"The specification does not touch the {step.side} side."
    base = record.run.base
    if base and not base.places.of(step.side):
        return f"The repository has no {step.side} side."
    return ""


def _merging(record: Record) -> str | None:
    merged = record.latest(PhaseName.READY, MERGE.name)
    return merged.fact("tip") if merged else None


def _as_repeated(record: Record, step: Step) -> Step:
    """Return a step that may find everything as it should be: its last commit may still do."""
    kept = any(w.superseded and w.commit and w.name.performer == step.agent for w in record.works)
    if not kept or Demand.COMMIT not in step.demands:
        return step
    demands = step.demands - {Demand.COMMIT} | {Demand.COMMIT_OR_NO_CHANGE}
    return replace(step, demands=demands)


def _failure(step: Step, performed: Performed) -> str:
    if performed.outcome is StepOutcome.BLOCKED:
        return f"{step.agent} asks a person to decide.\n\n{performed.reason}"
    ended = str(performed.outcome).replace("_", " ")
    return (
        f"{step.agent} did not deliver {step.makes} in {ATTEMPTS} attempts. The last one ended as "
        f"{ended}: {performed.reason}"
    )
