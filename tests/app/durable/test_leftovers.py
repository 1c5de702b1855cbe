"""What a failed launch and ended segments leave in the library, and what is cleared away."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from dbos import DBOS

from app.durable.segments import forget_ended, launched
from app.store.engine import make_durable_engine
from tests.app.durable.workers import RoomForAll, until, working
from tests.phases.play import standard_play
from tests.phases.world import world


async def test_a_launch_that_failed_while_the_database_was_away_leaves_the_next_one_whole(
    tmp_path: Path,
) -> None:
    away = make_durable_engine(f"sqlite:///{tmp_path / 'not' / 'there' / 'phaseline.db'}")
    back = make_durable_engine(f"sqlite:///{tmp_path / 'phaseline.db'}")

    with pytest.raises(sa.exc.OperationalError), launched(away, "first", threads=2, queues=()):
        raise AssertionError("there is nothing to launch on")
    with launched(back, "second", threads=2, queues=()):
        found = await DBOS.list_workflows_async()

    assert found == []
    back.dispose()


async def test_what_the_library_keeps_of_ended_segments_is_forgotten_and_of_no_others(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, standard_play()) as it:
        it.sessions.meeting = {"implementation/backend-developer/1", "somebody/who-never/1"}
        async with working(it, "one", RoomForAll()):

            async def stuck() -> bool:
                return any(a.name.performer == "backend-developer" for a in it.sessions.assignments)

            await until(stuck)
            (first,) = await DBOS.list_workflows_async()
            await DBOS.cancel_workflow_async(first.workflow_id)

            async def renewed() -> bool:
                return len(await DBOS.list_workflows_async(status="PENDING")) == 1

            await until(renewed)
            kept = await forget_ended(datetime.now(UTC) - timedelta(days=1))
            forgotten = await forget_ended(datetime.now(UTC) + timedelta(days=1))
            (left,) = await DBOS.list_workflows_async()

        assert (kept, forgotten) == (0, 1)
        assert (left.status, left.workflow_id != first.workflow_id) == ("PENDING", True)
