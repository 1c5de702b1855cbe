"""Adopts people's commits: what is done next starts from them, and the tracker says so.

What a person pushes while a step is at work is no part of that step; it begins again from there.
"""

from dataclasses import replace

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
            return record
        await self._records.amend(replace(run, head=arrival.tip, adopted=arrival.tip))
        told = f"{plural(arrival.count, 'commit')} that people pushed to the branch"
        text = f"Adopted {told}; the run goes on from {short(arrival.tip)}."
        await self._records.note(run, None, text)
        return await self._records.record(run.id)

    async def overtaken(self, record: Record) -> bool:
        """Tell whether people have pushed since the run's head was made."""
        return await self._workspaces.arrived(record.run) is not None
