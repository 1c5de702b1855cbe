"""Decides whether a submission is taken: demands, artifact, scope. Git facts outrank words.

What it returns are the sentences that send a submission back; an empty answer takes it.
"""

from collections.abc import Sequence

from phases.core.agent import Agent
from phases.core.artifacts import Facts, refusals
from phases.core.command import Word
from phases.core.disclosure import untold_silence, untold_tests
from phases.core.errors import BlockedError
from phases.core.model import Change
from phases.core.ownership import FIXERS
from phases.core.ports import Records, Worktree
from phases.core.record import Record
from phases.core.scope import Scope, merge_scope, step_scope
from phases.core.silencing import silencing
from phases.core.submission import Demand, Outcome, Submission, misplaced, texts, unmet, unreviewed
from phases.core.work import Files, Step, WorkName
from phases.planning import PLANS, REVIEW

MOST_WRITTEN = 4 << 20
"""Bytes of a step's own diff that are searched for what makes a check quiet."""


class Examination:
    """The examination of one step's submissions, against what is on record and in the tree."""

    def __init__(
        self,
        records: Records,
        worktree: Worktree,
        record: Record,
        agent: Agent,
        step: Step,
        name: WorkName,
    ) -> None:
        self._records = records
        self._worktree = worktree
        self._record = record
        self._agent = agent
        self._step = step
        self._name = name
        # What was said of a path that was asked for: it is said once, not at every submission.
        self._answered: set[str] = set()

    async def __call__(self, submission: Submission) -> tuple[str, ...]:
        """Return why the submission goes back, one sentence per reason; note it on the step.

        Raises:
            BlockedError: when it holds a secret that no agent can have; nothing of it is kept.
        """
        if self._worktree.betrays("\n".join(texts(submission))):
            raise BlockedError(
                f"What {self._agent.name} handed in holds a secret of this service. Nothing of it "
                "was posted or committed. An operator must find out how the secret got there and "
                "replace it; until then this run stays where it is."
            )
        if submission.outcome is Outcome.BLOCKED:
            return ()
        sentences = (
            *unmet(submission, self._step.demands),
            *refusals(self._step.makes, submission.artifact, self._facts(submission)),
            *misplaced(submission, self._worktree.line_exists),
            *self._about_the_plans(submission),
            *self._about_the_owners(submission),
            *self._about_repetition(submission),
            *await self._about_the_files(submission),
        )
        if sentences:
            told = " ".join(sentences)
            await self._records.note(self._record.run, self._name, f"Sent back: {told}")
        return sentences

    def _facts(self, submission: Submission) -> Facts:
        record = self._record
        own = tuple(r.id for r in submission.requirements or ())
        plan = record.artifact("test-plan.md")
        sources = [w.artifact.text for w in record.works if w.accepted and w.artifact]
        return Facts(
            requirements=own or record.requirement_ids,
            test_plan=plan.text if plan else "",
            reviewed=self._plans_made(),
            sources=(*sources, *_figures(record)),
            exists=self._worktree.line_exists,
            verdict=str(submission.verdict or ""),
            findings=tuple(finding.id for finding in submission.findings or ()),
        )

    def _plans_made(self) -> tuple[str, ...]:
        return tuple(step.makes for step in PLANS if self._record.artifact(step.makes))

    def _about_the_plans(self, submission: Submission) -> tuple[str, ...]:
        if self._step.makes != REVIEW.makes:
            return ()
        return unreviewed(submission, self._plans_made())

    def _about_the_owners(self, submission: Submission) -> tuple[str, ...]:
        if Demand.DIAGNOSIS not in self._step.demands:
            return ()
        return tuple(
            f"`diagnosis` names {entry.owner!r} as owner: one of {', '.join(FIXERS)} mends it."
            for entry in submission.diagnosis or ()
            if entry.owner not in FIXERS
        )

    def _about_repetition(self, submission: Submission) -> tuple[str, ...]:
        if self._step not in PLANS or self._name.round == 1:
            return ()
        maker = self._record.maker(self._step.makes)
        before = maker.artifact if maker else None
        if before is None or before.text.strip() != submission.artifact.strip():
            return ()
        wishes = self._record.ordered(Word.REVISE)
        if maker and any(maker.started_at < wish.at for wish in wishes):
            # A person's wish need not touch every plan.
            return ()
        return (f"{self._step.makes} is identical to the version that was sent back: revise it.",)

    async def _about_the_files(self, submission: Submission) -> tuple[str, ...]:
        if self._step.files is not Files.COMMITTED:
            await self._widened(submission, set())
            return ()
        changes = await self._worktree.changes()
        scope, answers = await self._widened(submission, {change.path for change in changes})
        outside = {c.path: why for c in changes if (why := scope.objection(c))}
        if outside:
            await self._worktree.restore_paths(tuple(outside))
            return answers + tuple(
                f"`{path}` was put back: {why}. Submit again without it, or ask for it in `widen`."
                for path, why in outside.items()
            )
        if answers:
            return answers
        if self._step.merges:
            left = await self._worktree.unresolved()
            return tuple(f"`{path}` still holds conflict markers: resolve them." for path in left)
        return _about_the_outcome(submission, changes) or await self._untold(submission, changes)

    async def _untold(self, submission: Submission, changes: tuple[Change, ...]) -> tuple[str, ...]:
        """Return what the artifact does not say of the changes, and must."""
        base = self._record.run.base
        own = {path for _, commit in self._record.commits for path in commit.files}
        written = await self._worktree.written(limit=MOST_WRITTEN) if changes else ""
        report = submission.artifact
        return (
            *untold_tests(report, changes, base.places.tests if base else (), own),
            *untold_silence(report, self._step.makes, self._agent, silencing(written)),
        )

    async def _widened(
        self, submission: Submission, changed: set[str]
    ) -> tuple[Scope, tuple[str, ...]]:
        """Return the scope with what this submission asks for and may have, and what to tell.

        Nothing is remembered of what was opened: whoever changes such a file goes on asking for it.
        """
        if self._step.merges:
            scope = merge_scope(self._worktree.conflicts)
        else:
            scope = step_scope(self._agent, self._record)
        answers: list[str] = []
        for asked in submission.widen or ():
            why = scope.why_closed(asked.path)
            scope = scope if why else scope.opening(asked.path)
            if asked.path in self._answered:
                continue
            self._answered.add(asked.path)
            verdict = f"refused, {why}" if why else "granted"
            note = f"Asked to change {asked.path} ({asked.reason}): {verdict}."
            await self._records.note(self._record.run, self._name, note)
            if why:
                answers.append(f"`{asked.path}` stays closed to you: {why}.")
            elif asked.path not in changed:
                answers.append(
                    f"`{asked.path}` is open to you while `widen` names it: make the change and "
                    "submit again."
                )
        return scope, tuple(answers)


def _about_the_outcome(submission: Submission, changes: Sequence[Change]) -> tuple[str, ...]:
    if submission.outcome is Outcome.NO_CHANGE and changes:
        paths = ", ".join(f"`{change.path}`" for change in changes[:5])
        return (f"`outcome` is no_change, yet {paths} differ: put them back or submit `done`.",)
    if submission.outcome is Outcome.DONE and not changes and submission.commit:
        return ("No file differs from the commit you started from, so there is nothing to commit.",)
    return ()


def _figures(record: Record) -> tuple[str, ...]:
    """Return the figures of receipts as text, so that a summary may repeat them."""
    return tuple(
        f"{receipt.check}: {receipt.passed} passed, {receipt.failed} failed, "
        f"{receipt.skipped} skipped, exit code {receipt.exit_code}"
        for work in record.works
        for receipt in work.receipts
    )
