"""What waits for something outside: runs by the clock, and what GitHub has not taken yet."""

import sqlalchemy as sa

from app.store.database import Database
from app.store.tables import OutwardRow, RunRow
from phases.core.machine import RunState

LONGEST_REASON = 200


class Delays:
    """Counts what waits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def runs(self) -> str | None:
        """Say how many runs wait for a better time, and why the newest does; None for none."""
        waits = (RunRow.state == RunState.WAITING) & RunRow.wakes_at.is_not(None)
        query = sa.select(RunRow.reason).where(waits).order_by(RunRow.created_at.desc())
        reasons = await self._database.read(lambda connection: connection.scalars(query).all())
        if not reasons:
            return None
        return f"{_counted(len(reasons), 'run waits', 'runs wait')}: {reasons[0][:LONGEST_REASON]}"

    async def messages(self) -> str | None:
        """Say how much GitHub has not taken when it was last tried; None for nothing."""
        unsent = OutwardRow.posted_sha256.is_(None) | (
            OutwardRow.posted_sha256 != OutwardRow.text_sha256
        )
        late = OutwardRow.refused.is_(None) & OutwardRow.next_at.is_not(None) & unsent
        query = sa.select(sa.func.count()).select_from(OutwardRow).where(late)
        count = await self._database.read(lambda connection: connection.scalar(query) or 0)
        return f"{_counted(count, 'message waits', 'messages wait')} for GitHub" if count else None


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
