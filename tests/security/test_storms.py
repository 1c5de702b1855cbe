"""What comes of too much at once: labels, text, faults. Numbers are those of the list."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.durable.pauses import LONGEST_PAUSE_SECONDS, patience
from app.durable.worker import SWEEP_SECONDS
from app.github.capping import LONGEST_COMMENT, NOTICE, capped
from app.store.tables import OutwardRow
from phases.core.errors import Blocked
from phases.core.machine import RunState
from phases.core.ports import Desk, Examine
from phases.core.session import Assignment, SessionEnd
from tests.app.durable.workers import RoomForAll, until, working
from tests.app.store.story import deliver
from tests.fakes.outside import ScriptedSessions
from tests.phases.play import standard_play
from tests.phases.world import World, world

LABELS = 100
AT_ONCE = 2
FIRST = 20
BROKE = "The run has used up its limit of 15.00 USD. Comment `/phaseline budget 30` to go on."


class Expensive(ScriptedSessions):
    """Sessions that all wait until they are told that the money is gone."""

    def __init__(self) -> None:
        super().__init__(standard_play())
        self.broke = asyncio.Event()

    async def converse(self, assignment: Assignment, desk: Desk, examine: Examine) -> SessionEnd:
        """Stop at the limit of the run, once it is met."""
        await self.broke.wait()
        self.play[str(assignment.name)] = [Blocked(BROKE)]
        return await super().converse(assignment, desk, examine)

    @property
    def runs(self) -> Counter[str]:
        """How often each run has held a session."""
        return Counter(each.run for each in self.assignments)


async def states(it: World) -> Counter[RunState]:
    return Counter(record.run.state for record in await it.records.latest(LABELS + 9))


async def stops(it: World) -> Counter[str]:
    """Return how many comments say of a run that it has stopped."""
    query = sa.select(OutwardRow.run_id).where(OutwardRow.key.startswith("stop/"))
    return Counter(await it.database.read(lambda connection: list(connection.scalars(query))))


async def test_of_a_hundred_labels_two_runs_go_on_and_one_comment_says_that_the_money_is_gone(
    tmp_path: Path,
) -> None:
    """Attack 62."""
    async with world(tmp_path, standard_play()) as it:
        it.sessions = sessions = Expensive()
        for issue in range(FIRST, FIRST + LABELS):
            await deliver(it.database, f"label {issue}", f"label {issue}".encode())
            await deliver(it.database, f"again {issue}", f"label {issue}".encode())
        async with working(it, "storm", RoomForAll()):
            # The run that the world begins with is one of the two.
            await until(lambda: _are(it, {RunState.RUNNING: AT_ONCE, RunState.QUEUED: LABELS - 1}))
            sessions.broke.set()
            await until(lambda: _have_stopped(it, 2 * AT_ONCE))

        told = await stops(it)
        blocked = (await states(it))[RunState.BLOCKED]

    assert len(told) == blocked
    assert set(told.values()) == {1}
    assert set(sessions.runs.values()) == {1}


async def _are(it: World, wanted: dict[RunState, int]) -> bool:
    return await states(it) == wanted


async def _have_stopped(it: World, most: int) -> bool:
    return (await states(it))[RunState.BLOCKED] >= most


def test_a_loop_that_fails_waits_longer_each_time_up_to_a_bound() -> None:
    """Attack 64."""
    waits = [patience(0.5, failures, LONGEST_PAUSE_SECONDS) for failures in (1, 2, 3, 6, 9999)]

    assert waits == [1.0, 2.0, 4.0, 30.0, 30.0]
    assert patience(0.5, 9999, SWEEP_SECONDS) == 600.0


@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_a_flood_of_text_is_one_comment_under_the_limit_whose_block_is_closed(fence: str) -> None:
    """Attack 60."""
    flood = f"Before.\n\n{fence}python\n" + "print('🙂')\n" * 40_000 + f"{fence}\n\nBehind."

    body = capped(flood, "<!-- marker -->")

    lines = body.split("\n")
    assert len(body) <= LONGEST_COMMENT
    assert lines.count(fence) == 1
    assert lines.index(fence) < lines.index(NOTICE)
    assert lines[-1] == "<!-- marker -->"
