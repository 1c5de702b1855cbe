"""The writer: sends what the outbox holds, in order, so that nothing stands twice.

One pass per call. The loop around it, and the rows behind it, belong to other rooms.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from app.github.conversation import Conversations
from app.github.errors import RefusedByGitHubError
from app.github.standing import DeletedAgainError, Standing
from phases.core.errors import BlockedError, PhaselineError, TransientError
from phases.core.outward import OutwardItem

log = logging.getLogger(__name__)
# Credentials that GitHub does not take are for the operator to mend; nothing is given up over it.
_CREDENTIALS_SECONDS = 60.0


class Outbox(Protocol):
    """The rows, as the writer needs them."""

    async def due(self, limit: int) -> tuple[OutwardItem, ...]:
        """Return what should be sent now, oldest first."""

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


class OutboxWriter:
    """The only one that writes to conversations, one item at a time per installation.

    `betrays` says of a text whether it holds a secret of this service: such a text stays here.
    `may_write` is asked again before each request: a worker that stood still for a while may have
    been replaced since, and what it was about to write stands already.
    """

    def __init__(
        self,
        *,
        outbox: Outbox,
        conversations: Conversations,
        batch: int,
        betrays: Callable[[str], bool],
        may_write: Callable[[], bool],
    ) -> None:
        self._outbox = outbox
        self._conversations = conversations
        self._batch = batch
        self._betrays = betrays
        self._may_write = may_write

    async def send_due(self) -> int:
        """Send what is due and return how many items now stand as they should."""
        queues: dict[int, list[OutwardItem]] = {}
        for item in await self._outbox.due(self._batch):
            queues.setdefault(item.repository.installation, []).append(item)
        # Queues do not wait for one another; all of them come to their end before an error is told.
        done = await asyncio.gather(*map(self._in_turn, queues.values()), return_exceptions=True)
        failed = [outcome for outcome in done if isinstance(outcome, Exception)]
        if failed:
            raise ExceptionGroup("the outbox could not be worked off", failed)
        return sum(outcome for outcome in done if isinstance(outcome, int))

    async def _in_turn(self, items: Sequence[OutwardItem]) -> int:
        sent = 0
        for item in items:
            try:
                standing = await self._written(item)
            except TransientError as error:
                # GitHub is not well: what comes behind it would fare no better now.
                await self._outbox.postpone(item, error.after_seconds, str(error))
                return sent
            except BlockedError as error:
                await self._outbox.postpone(item, _CREDENTIALS_SECONDS, str(error))
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
