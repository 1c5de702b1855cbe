"""The `RunContext` of the phases: names work, lets one durable step do it, reads the outcome."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from phases.core.errors import (
    BlockedError,
    DefectError,
    Setback,
    StaleSegmentError,
    TransientError,
    raise_setback,
)
from phases.core.ports import Records
from phases.core.record import Performed, Record
from phases.core.work import PhaseName, Work, WorkName

DurableStep = Callable[[WorkName, tuple[WorkName, ...]], Awaitable[Setback | None]]

# What weighs most is raised when several works fail side by side.
_WEIGHT = (StaleSegmentError, DefectError, BlockedError, TransientError)


class SegmentContext:
    """One drive of one run."""

    def __init__(self, record: Record, records: Records, step: DurableStep) -> None:
        self._record = record
        self._records = records
        self._step = step
        self._phase = PhaseName.INITIALIZATION
        self._rounds: Counter[tuple[str, str | None]] = Counter()

    @property
    def record(self) -> Record:
        """What is on record, as of the last work performed."""
        return self._record

    def enter(self, phase: PhaseName) -> None:
        """Name what follows after a phase; its rounds count from one."""
        self._phase = phase
        self._rounds.clear()

    async def perform(
        self, work: Work, *, subject: str | None = None, answering: tuple[Performed, ...] = ()
    ) -> Performed:
        """Return what was accepted under this work's name, performing it first if need be."""
        name = self._name(work, subject)
        await self._do(name, answering)
        await self._refresh()
        return self._settled(name)

    async def together(
        self, *works: Work, answering: tuple[Performed, ...] = ()
    ) -> tuple[Performed, ...]:
        """Perform works side by side; all finish before the weightiest error is raised."""
        names = [self._name(work, None) for work in works]
        doings = [self._do(name, answering) for name in names]
        ends = await asyncio.gather(*doings, return_exceptions=True)
        await self._refresh()
        errors = [end for end in ends if isinstance(end, BaseException)]
        if errors:
            raise min(errors, key=_rank)
        return tuple(self._settled(name) for name in names)

    def _name(self, work: Work, subject: str | None) -> WorkName:
        while True:
            self._rounds[work.performer, subject] += 1
            rounds = self._rounds[work.performer, subject]
            name = WorkName(self._phase, work.performer, rounds, subject)
            found = self._record.find(name)
            # What a person had done again is passed over: its rounds go on behind it.
            if found is None or not found.superseded:
                return name

    async def _do(self, name: WorkName, answering: tuple[Performed, ...]) -> None:
        setback = await self._step(name, tuple(work.name for work in answering))
        if setback is not None:
            raise_setback(setback)

    async def _refresh(self) -> None:
        segment = self._record.run.segment
        self._record = await self._records.record(self._record.run.id)
        if self._record.run.segment != segment:
            raise StaleSegmentError(f"run {self._record.run.id} has moved on")

    def _settled(self, name: WorkName) -> Performed:
        work = self._record.find(name)
        if work is None or not work.accepted:
            raise DefectError(f"{name} ended without being accepted")
        return work


def _rank(error: BaseException) -> tuple[int, float]:
    """Return what comes first: what weighs most, then the longest wait that somebody has named."""
    named = error.after_seconds if isinstance(error, TransientError) and error.asked else 0.0
    return _weight(error), -named


def _weight(error: BaseException) -> int:
    for weight, kind in enumerate(_WEIGHT):
        if isinstance(error, kind):
            return weight
    return -1
