"""Performs one action: the things that the service does itself, without asking any agent."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from phases.adoption import Adoption
from phases.core.check_run import begun as begun_check
from phases.core.check_run import concluded
from phases.core.comments import plural, ready_comment, receipts_comment, review_request
from phases.core.description import description, opening, title
from phases.core.errors import BlockedError, DefectError, TransientError
from phases.core.model import StepOutcome, short
from phases.core.outward import Desired
from phases.core.ports import Clock, Forge, Records, Workspaces
from phases.core.receipts import CheckStatus, Receipt
from phases.core.record import Performed, Record
from phases.core.work import Action, PhaseName, WorkName
from phases.initialization import DRAFT, FREEZE, PREPARE
from phases.planning import BASELINE
from phases.qa import CHECKS, against_baseline
from phases.ready import (
    CONFLICTS,
    DESCRIBE,
    FLIP,
    MERGE,
    RECHECK,
    RECHECK_NAME,
    hold_to_base,
    vouched_for,
)

Done = tuple[Performed, tuple[Desired, ...]]
OUTBOX_PATIENCE_SECONDS = 120.0


class ActionPerformer:
    """Brings one action to its end; an action that finds its work done already does nothing."""

    def __init__(
        self,
        records: Records,
        workspaces: Workspaces,
        forge: Forge,
        clock: Clock,
        notice: str,
    ) -> None:
        self._records = records
        self._workspaces = workspaces
        self._forge = forge
        self._clock = clock
        self._notice = notice
        self._adoption = Adoption(records, workspaces)
        self._doings: dict[Action, Callable[[Record, Performed], Awaitable[Done]]] = {
            FREEZE: self._freeze,
            PREPARE: self._prepare,
            DRAFT: self._draft,
            BASELINE: self._baseline,
            CHECKS: self._checks,
            RECHECK: self._checks,
            DESCRIBE: self._describe,
            MERGE: self._merge,
            FLIP: self._flip,
        }

    async def perform(self, record: Record, action: Action, name: WorkName) -> None:
        """Perform an action that is not settled yet and record how it ended.

        Raises:
            BlockedError: when a person must act.
            TransientError: when the outside did not answer.
        """
        if action in {CHECKS, RECHECK, MERGE}:
            record = await self._adoption.adopt(record, name)
        attempt = await self._records.begin(record.run, name, action.title)
        begun = Performed(name, action.title, attempt, self._clock.now())
        performed, show = await self._doings[action](record, begun)
        ended = replace(performed, ended_at=self._clock.now())
        if ended.outcome is None:
            raise DefectError(f"{name} ended without an outcome")
        await self._records.finish(record.run, ended, show)
        if not ended.accepted:
            raise BlockedError(ended.reason)

    async def _freeze(self, record: Record, begun: Performed) -> Done:
        request = await self._forge.freeze_request(record.run)
        base = await self._workspaces.fetch_base(record.run)
        await self._records.amend(replace(record.run, request=request, base=base))
        if warning := self._workspaces.warning():
            await self._records.note(record.run, None, warning)
        detail = f"`{base.branch}` at {short(base.sha)}"
        return replace(begun, outcome=StepOutcome.DONE, detail=detail), ()

    async def _prepare(self, record: Record, begun: Performed) -> Done:
        receipt, environment = await self._workspaces.prepare(record.run)
        performed = replace(begun, facts=(("environment", environment),))
        if receipt is None:
            detail = "the repository asks for nothing to be installed"
            return replace(performed, outcome=StepOutcome.DONE, detail=detail), ()
        performed = replace(performed, receipts=(receipt,))
        if receipt.status is CheckStatus.PASSED:
            detail = receipt.reason or "installed"
            return replace(performed, outcome=StepOutcome.DONE, detail=detail), ()
        reason = (
            "The dependencies of the repository could not be installed. "
            f"{receipt.reason}\n\n```text\n{receipt.excerpt}\n```"
        )
        return replace(performed, outcome=StepOutcome.INFRA_ERROR, reason=reason), ()

    async def _draft(self, record: Record, begun: Performed) -> Done:
        run = record.run
        if run.request is None:
            raise DefectError("a draft needs the frozen request")
        branch, head, pull_request = await self._forge.open_draft(
            run, title(run.request), opening(run.issue)
        )
        await self._records.amend(replace(run, branch=branch, head=head, pull_request=pull_request))
        detail = f"`{branch}` and #{pull_request.number}"
        return replace(begun, outcome=StepOutcome.DONE, detail=detail), ()

    async def _baseline(self, record: Record, begun: Performed) -> Done:
        if record.run.base is None:
            raise DefectError("the baseline needs a base commit")
        return await self._checked(record, begun, record.run.base.sha)

    async def _checks(self, record: Record, begun: Performed) -> Done:
        if record.run.head is None:
            raise DefectError("the checks need a head commit")
        performed, shown = await self._checked(record, begun, record.run.head)
        result = against_baseline(record, performed)
        check_run = concluded(record.run.head, performed.receipts, result)
        return performed, (*shown, check_run)

    async def _checked(self, record: Record, begun: Performed, commit: str) -> Done:
        receipts = _receipts_of(record, commit)
        if not receipts:
            receipts = await self._workspaces.check(record.run, commit)
        performed = replace(
            begun, outcome=StepOutcome.DONE, receipts=receipts, detail=_summed(receipts)
        )
        seen = replace(record, works=(*_others(record, begun.name), performed))
        return performed, (receipts_comment(seen, begun.name.phase),)

    async def _describe(self, record: Record, begun: Performed) -> Done:
        run = record.run
        if run.request is None:
            raise DefectError("a description needs the frozen request")
        changed = await self._workspaces.changed(run)
        text = description(record, changed, self._notice)
        await self._forge.describe_pull_request(run, title(run.request), text)
        return replace(begun, outcome=StepOutcome.DONE), ()

    async def _merge(self, record: Record, begun: Performed) -> Done:
        run = record.run
        if run.drift is None or run.base is None:
            detail = "the branch has all of its base branch"
            return replace(begun, outcome=StepOutcome.NO_CHANGE, detail=detail), ()
        merge = await self._workspaces.merge(run, begun.name, run.drift.tip)
        found = plural(len(merge.conflicts), "file") if merge.conflicts else ""
        told = f"conflicts in {found}" if found else "merges cleanly"
        performed = replace(
            begun,
            outcome=StepOutcome.DONE,
            commit=merge.commit,
            detail=f"`{run.base.branch}` at {short(merge.tip)}: {told}",
            facts=(("tip", merge.tip), (CONFLICTS, "\n".join(merge.conflicts))),
        )
        shown = begun_check(record, merge.commit.sha) if merge.commit else ()
        return performed, shown

    async def _flip(self, record: Record, begun: Performed) -> Done:
        waited = 0.0
        while not await self._records.outbox_is_empty(record.run.id):
            if waited >= OUTBOX_PATIENCE_SECONDS:
                raise TransientError("GitHub has not taken all comments yet", 30.0)
            await self._clock.sleep(0.2)
            waited += 0.2
        if await self._adoption.overtaken(record) or not vouched_for(record):
            # The next drive checks them before it comes here again.
            await self._adoption.adopt(record, RECHECK_NAME)
            raise TransientError("People have pushed to the branch; that is checked first.", 1.0)
        record = await self._adoption.measured(record, PhaseName.READY)
        hold_to_base(record)
        if record.run.adopted or record.latest(PhaseName.READY, MERGE.name):
            await self._describe(record, begun)
        pull_request = await self._forge.mark_ready(record.run)
        await self._records.amend(replace(record.run, pull_request=pull_request))
        performed = replace(begun, outcome=StepOutcome.DONE)
        return performed, (ready_comment(record.run), review_request(record.run))


def _others(record: Record, name: WorkName) -> tuple[Performed, ...]:
    return tuple(work for work in record.works if work.name != name)


def _receipts_of(record: Record, commit: str) -> tuple[Receipt, ...]:
    """Return receipts on record for exactly that commit, so that it is not checked twice."""
    for work in reversed(record.works):
        checked = work.accepted and work.name.performer in {BASELINE.name, CHECKS.name}
        if checked and {receipt.commit for receipt in work.receipts} == {commit}:
            return work.receipts
    return ()


def _summed(receipts: tuple[Receipt, ...]) -> str:
    counts = {status: sum(r.status is status for r in receipts) for status in CheckStatus}
    found = [(count, str(status).replace("_", " ")) for status, count in counts.items() if count]
    return ", ".join(
        f"{plural(count, 'check') if nth == 0 else count} {word}"
        for nth, (count, word) in enumerate(found)
    )
