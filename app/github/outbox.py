"""The writer: sends what the outbox holds, in order, so that nothing stands twice.

One pass per call. The loop around it, and the rows behind it, belong to other rooms.
"""

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from app.github.conversation import Conversations
from app.github.errors import LimitError, RefusedByGitHubError
from app.github.standing import DeletedAgainError, Standing
from phases.core.errors import BlockedError, PhaselineError, TransientError
from phases.core.outward import OutwardItem
from phases.core.ports import Clock

log = logging.getLogger(__name__)
# Credentials that GitHub does not take are for the operator to mend; nothing is given up over it.
_CREDENTIALS_SECONDS = 60.0
# After an outage a queue waits 1 s, then twice as long each time, at most a minute.
_FIRST_SECONDS = 1.0
_LONGEST_SECONDS = 60.0
# What fails so often in turn lets pass what is behind it: GitHub may fail at it alone.
_MOST_IN_FRONT = 3


class Outbox(Protocol):
    """The rows, as the writer needs them."""

    async def due(
        self, limit: int, *, besides: frozenset[int] = frozenset()
    ) -> tuple[OutwardItem, ...]:
        """Return what should be sent now, oldest first, without what these installations have."""

    async def attempted(self, item: OutwardItem) -> None:
        """Note that a try is about to be made, before anything is sent."""

    async def sent(
        self,
        item: OutwardItem,
        remote_id: int | None,
        url: str | None,
        text_sha256: str,
        body_sha256: str | None,
    ) -> None:
        """Note what stands on GitHub.

        The hashes are over the UTF-8 of the item's own text, and of a comment as GitHub took it.
        """

    async def postpone(self, item: OutwardItem, seconds: float, error: str) -> None:
        """Try again later."""

    async def refuse(self, item: OutwardItem, error: str) -> None:
        """Give an item up: GitHub will not take it. It holds up nothing else."""

    async def leave(self, item: OutwardItem) -> None:
        """Leave a comment alone that people have deleted again."""


class SecretError(PhaselineError):
    """A text holds a secret of this service: it stays here."""


@dataclass
class _Trouble:
    """How often in turn an installation's queue has failed, and until when it waits."""

    failures: int = 0
    until: datetime | None = None
    in_front: Counter[int] = field(default_factory=Counter)


class OutboxWriter:
    """The only one that writes to conversations, one item at a time per installation.

    `betrays` says of a text whether it holds a secret of this service: such a text stays here.
    `may_write` is asked again before each request: a worker that stood still for a while may have
    been replaced since, and what it was about to write stands already. `patience` is for how many
    seconds a queue whose calls take long is waited for; then it goes on beside the others.
    """

    def __init__(
        self,
        *,
        outbox: Outbox,
        conversations: Conversations,
        batch: int,
        betrays: Callable[[str], bool],
        may_write: Callable[[], bool],
        clock: Clock,
        patience: float,
    ) -> None:
        self._patience = patience
        self._outbox = outbox
        self._conversations = conversations
        self._batch = batch
        self._betrays = betrays
        self._may_write = may_write
        self._clock = clock
        self._queues: dict[int, asyncio.Task[int]] = {}
        self._troubles: dict[int, _Trouble] = {}

    async def send_due(self) -> int:
        """Send what is due and return how many items now stand as they should.

        Queues of installations do not wait for one another. One that takes long, as its calls wait
        for GitHub, goes on beside the next call of this.
        """
        queues: dict[int, list[OutwardItem]] = {}
        waiting = (number for number in self._troubles if self._waits(number))
        besides = frozenset((*self._queues, *waiting))
        for item in await self._outbox.due(self._batch, besides=besides):
            queues.setdefault(item.repository.installation, []).append(item)
        for installation, items in queues.items():
            self._queues[installation] = asyncio.create_task(self._in_turn(installation, items))
        if not self._queues:
            return 0
        await asyncio.wait(self._queues.values(), timeout=self._patience)
        return self._ended()

    async def end(self) -> None:
        """Leave off; what was being sent is looked for before it is sent again."""
        for queue in self._queues.values():
            queue.cancel()
        await asyncio.gather(*self._queues.values(), return_exceptions=True)
        self._queues.clear()

    def _ended(self) -> int:
        over = {number: queue for number, queue in self._queues.items() if queue.done()}
        self._queues = {n: queue for n, queue in self._queues.items() if n not in over}
        errors = [queue.exception() for queue in over.values()]
        failed = [error for error in errors if isinstance(error, Exception)]
        if failed:
            raise ExceptionGroup("the outbox could not be worked off", failed)
        return sum(queue.result() for queue in over.values())

    def _waits(self, installation: int) -> bool:
        until = self._troubles[installation].until
        return until is not None and self._clock.now() < until

    async def _in_turn(self, installation: int, items: Sequence[OutwardItem]) -> int:
        sent = 0
        for item in items:
            try:
                standing = await self._written(item)
            except (TransientError, BlockedError) as error:
                # GitHub is not well: what comes behind it would fare no better now.
                await self._wait(installation, item, error)
                return sent
            except (RefusedByGitHubError, SecretError) as refusal:
                await self._outbox.refuse(item, str(refusal))
                continue
            except DeletedAgainError:
                await self._outbox.leave(item)
                continue
            if standing is None:
                return sent
            digest = hashlib.sha256(item.desired.text.encode()).hexdigest()
            await self._outbox.sent(
                item, standing.remote_id, standing.url, digest, standing.body_sha256
            )
            self._troubles.pop(installation, None)
            sent += 1
        return sent

    async def _written(self, item: OutwardItem) -> Standing | None:
        """Return what stands on GitHub by now; None when this writer may not write any more."""
        if self._betrays(item.desired.text):
            log.critical("a secret was about to be posted: %s, %s", item.run, item.desired.key)
            raise SecretError("it holds a secret of this service")
        if not item.attempted:
            await self._outbox.attempted(item)
        if not self._may_write():
            return None
        return await self._conversations.send(item)

    async def _wait(
        self, installation: int, item: OutwardItem, error: TransientError | BlockedError
    ) -> None:
        trouble = self._troubles.setdefault(installation, _Trouble())
        seconds = min(_FIRST_SECONDS * 2 ** min(trouble.failures, 10), _LONGEST_SECONDS)
        if isinstance(error, LimitError):
            seconds = error.after_seconds
        elif isinstance(error, BlockedError):
            seconds = _CREDENTIALS_SECONDS
        trouble.failures += 1
        trouble.in_front[item.id] += 1
        trouble.until = self._clock.now() + timedelta(seconds=seconds)
        aside = trouble.in_front[item.id] >= _MOST_IN_FRONT
        if aside:
            del trouble.in_front[item.id]
        behind = seconds + _LONGEST_SECONDS if aside else seconds
        await self._outbox.postpone(item, behind, str(error))
