"""Hands out segments: asks what is due, whose turn it is, and replaces what died.

No more is handed over than there is room for, so that who comes later but matters more is not
behind a crowd. What becomes of it then: see `lanes`.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from app.durable.keeper import Keeper
from app.durable.turns import Due, Segment, Turns

log = logging.getLogger(__name__)


class Agenda(Protocol):
    """What should be driven."""

    async def due(self) -> Sequence[Due]:
        """Return the segments of queued and running runs, the oldest run first."""

    async def renew(self, run: str, segment: int) -> None:
        """Replace a dead segment by a fresh one."""


class Lane(Protocol):
    """The way from a segment that is due to the worker that drives it."""

    async def under_way(self) -> frozenset[Segment]:
        """Return the segments that are on their way or driven."""

    async def hand_over(self, run: str, number: int, repository: int) -> bool:
        """Hand a segment over, once; False when it has ended and never runs again."""


class Queueing:
    """Hands segments over in turn; at most one round goes on at a time."""

    def __init__(self, agenda: Agenda, lane: Lane, turns: Turns, keeper: Keeper) -> None:
        self._agenda = agenda
        self._lane = lane
        self._turns = turns
        self._keeper = keeper
        self._round = asyncio.Lock()

    async def dispatch(self) -> bool:
        """Hand over what there is room for; tell whether a dead segment was replaced."""
        async with self._round:
            due = await self._agenda.due()
            if not due:
                return False
            driven = await self._lane.under_way()
            renewed = False
            for one in self._turns.next(due, driven, self._keeper.workers):
                if not await self._lane.hand_over(one.run, one.segment, one.repository):
                    log.warning("segment %s of run %s died; a fresh one goes on", *_named(one))
                    await self._agenda.renew(one.run, one.segment)
                    renewed = True
            return renewed


def _named(one: Due) -> tuple[int, str]:
    return one.segment, one.run
