"""Adopts people's commits: what is done next starts from them, and the tracker says so.

What they push to the base branch is no part of the run: it is measured, and the tracker says so.

What a person pushes while a step is at work is no part of that step; it begins again from there.
"""

from dataclasses import replace

from phases.core.check_run import begun
from phases.core.comments import plural
from phases.core.model import short
from phases.core.ports import Records, Workspaces
from phases.core.record import Record
from phases.core.work import PhaseName, WorkName

# Before that nothing is built on the branch.
PHASES = frozenset({PhaseName.IMPLEMENTATION, PhaseName.QA, PhaseName.READY})


class Adoption:
    """What follows from commits that the service did not make."""

    def __init__(self, records: Records, workspaces: Workspaces) -> None:
        self._records = records
        self._workspaces = workspaces

    async def adopt(self, record: Record, name: WorkName) -> Record:
        """Return the record as it stands when work of that name may begin.

        An attempt in progress keeps the commit that it started from.

        Raises:
            BlockedError: when the branch is gone, or was rewritten.
        """
        found = record.find(name)
        if name.phase not in PHASES or (found is not None and found.running):
            return record
        run = record.run
        arrival = await self._workspaces.arrived(run)
        if arrival is None:
            return await self.measured(record, name.phase)
        told = f"{plural(arrival.count, 'commit')} that people pushed to the branch"
        text = f"Adopted {told}; the run goes on from {short(arrival.tip)}."
        await self._records.adopt(run, arrival.tip, text, begun(record, arrival.tip))
        return await self.measured(await self._records.record(run.id), name.phase)

    async def measured(self, record: Record, phase: PhaseName) -> Record:
        """Return the record with how far the base branch has moved, where that matters now.

        So it does in the last phase, and where somebody pushed to it since it was last looked at.
        """
        run = record.run
        told = run.drift is not None and run.drift.behind is None
        if phase is not PhaseName.READY and not told:
            return record
        drift = await self._workspaces.drift(run)
        if drift == run.drift:
            return record
        await self._records.amend(replace(run, drift=drift))
        return await self._records.record(run.id)

    async def overtaken(self, record: Record) -> bool:
        """Tell whether people have pushed since the run's head was made."""
        return await self._workspaces.arrived(record.run) is not None
