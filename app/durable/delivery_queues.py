"""Takes deliveries in order, a queue for each installation. What each leads to, others decide.

No installation waits for what another one has to wait for: a limit of GitHub's, an outage.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from app.durable.pauses import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, patience
from app.durable.ports import Inbox, Reader, Stored
from app.durable.reception import Meaning, Reception
from phases.core.errors import PhaselineError
from phases.core.events import Installed, Removed
from phases.core.ports import Clock

log = logging.getLogger(__name__)
# So many are passed over while their installations wait; then what is behind them waits as well.
MOST_ASIDE = 2_000


class _Read(NamedTuple):
    delivery: int
    meaning: Meaning


@dataclass
class _Trouble:
    """How often in turn an installation's queue has failed, and until when it waits."""

    failures: int
    until: datetime


class DeliveryQueues:
    """Works off stored deliveries: one after another of an installation, installations beside.

    `patience` is for how many seconds a queue that takes long is waited for; then it goes on beside
    the next ones.
    """

    def __init__(
        self, inbox: Inbox, reader: Reader, reception: Reception, clock: Clock, patience: float
    ) -> None:
        self._inbox = inbox
        self._reader = reader
        self._reception = reception
        self._clock = clock
        self._patience = patience
        self._queues: dict[int, asyncio.Task[int]] = {}
        self._troubles: dict[int, _Trouble] = {}
        # By installation the deliveries that are in its queue, or wait behind its trouble.
        self._aside: dict[int, set[int]] = {}

    async def take(self, limit: int) -> int:
        """Deal with the oldest deliveries and return how many were dealt with.

        One that cannot be dealt with now stays, and holds up what its installation has sent since.
        """
        self._let_in()
        unread = 0
        while len(aside := frozenset().union(*self._aside.values())) < MOST_ASIDE:
            before = len(self._queues)
            stored = await self._inbox.waiting(limit, besides=aside)
            unread += await self._join(stored)
            if len(stored) < limit or len(self._queues) > before:
                break
        if self._queues:
            await asyncio.wait(self._queues.values(), timeout=self._patience)
        return unread + self._ended()

    async def end(self) -> None:
        """Leave off; what was not dealt with stays."""
        for queue in self._queues.values():
            queue.cancel()
        await asyncio.gather(*self._queues.values(), return_exceptions=True)
        self._queues.clear()

    def _let_in(self) -> None:
        """Forget what was put aside behind queues that have ended and troubles that are over."""
        now = self._clock.now()
        self._aside = {
            installation: deliveries
            for installation, deliveries in self._aside.items()
            if installation in self._queues or self._waits(installation, now)
        }

    def _waits(self, installation: int, now: datetime) -> bool:
        trouble = self._troubles.get(installation)
        return trouble is not None and now < trouble.until

    async def _join(self, stored: Sequence[Stored]) -> int:
        """Let deliveries join their queues, or put them aside; return how many nobody can read."""
        queues: dict[int, list[_Read]] = {}
        unread = 0
        for delivery in stored:
            try:
                meaning = self._meaning(delivery)
            except ValueError as error:
                await self._reception.pass_over(delivery.id, f"unreadable: {error}")
                unread += 1
                continue
            installation = _installation(meaning)
            if installation not in self._aside or installation in queues:
                queues.setdefault(installation, []).append(_Read(delivery.id, meaning))
            self._aside.setdefault(installation, set()).add(delivery.id)
        for installation, deliveries in queues.items():
            queue = self._in_turn(installation, deliveries)
            self._queues[installation] = asyncio.create_task(queue)
        return unread

    def _meaning(self, delivery: Stored) -> Meaning:
        removed = self._reader.removal(delivery.event, delivery.body)
        return removed or self._reader.read(delivery.event, delivery.body)

    async def _in_turn(self, installation: int, deliveries: Sequence[_Read]) -> int:
        dealt = 0
        for delivery, meaning in deliveries:
            try:
                await self._reception.deal(delivery, meaning)
            except PhaselineError as error:
                log.warning("delivery %s stays: %s", delivery, error)
                self._wait(installation)
                break
            except Exception:
                log.exception("delivery %s stays", delivery)
                self._wait(installation)
                break
            self._troubles.pop(installation, None)
            dealt += 1
        return dealt

    def _wait(self, installation: int) -> None:
        before = self._troubles.get(installation)
        failures = before.failures + 1 if before else 1
        seconds = patience(FIRST_PAUSE_SECONDS, failures, LONGEST_PAUSE_SECONDS)
        until = self._clock.now() + timedelta(seconds=seconds)
        self._troubles[installation] = _Trouble(failures, until)

    def _ended(self) -> int:
        over = {number: queue for number, queue in self._queues.items() if queue.done()}
        self._queues = {n: queue for n, queue in self._queues.items() if n not in over}
        return sum(queue.result() for queue in over.values())


def _installation(meaning: Meaning) -> int:
    if meaning is None:
        return 0
    if isinstance(meaning, Installed | Removed):
        return meaning.installation
    return meaning.repository.installation
