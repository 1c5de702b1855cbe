"""The outbox, each comment of works with the signed block that a recovery will want to read.

A block takes only the room that a comment's own text leaves.
"""

from dataclasses import replace
from typing import Protocol

from app.github.capping import LONGEST_COMMENT
from app.github.outbox import Outbox
from app.github.seal import TrackerSeal
from phases.core.outward import OutwardItem, OutwardKind
from phases.core.record import Record

_KEYS = ("artifact/", "receipts/")
_MARGIN = 10


class RecordReader(Protocol):
    """Where the works of a comment are looked up."""

    async def find(self, run: str) -> Record | None:
        """Return everything on record of a run."""


class SealedOutbox:
    """An outbox like the one it stands before."""

    def __init__(self, outbox: Outbox, records: RecordReader, seal: TrackerSeal) -> None:
        self._outbox = outbox
        self._records = records
        self._seal = seal
        self.attempted = outbox.attempted
        self.sent = outbox.sent
        self.postpone = outbox.postpone
        self.refuse = outbox.refuse
        self.leave = outbox.leave

    async def due(
        self, limit: int, *, besides: frozenset[int] = frozenset()
    ) -> tuple[OutwardItem, ...]:
        """Return what should be sent now, each comment of works with its block."""
        items = await self._outbox.due(limit, besides=besides)
        return tuple([await self._sealed(item) for item in items])

    async def _sealed(self, item: OutwardItem) -> OutwardItem:
        desired = item.desired
        if desired.kind is not OutwardKind.COMMENT or not desired.key.startswith(_KEYS):
            return item
        record = await self._records.find(item.run) if item.run else None
        if record is None:
            return item
        room = LONGEST_COMMENT - len(desired.text) - len(item.marker) - _MARGIN
        return replace(item, hidden=self._seal.works_block(record, desired.key, room))
