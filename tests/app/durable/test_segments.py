"""Segments on the real DBOS that ended before their runs: others replace them, once."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.durable.keeper import OnlyKeeper
from app.durable.lanes import SharedLane, StraightLane
from app.durable.segments import Workflow, give_up_everything
from app.settings import Settings, load
from app.wiring.duty import Post, on_duty
from phases.core.machine import RunState
from tests.app.durable.workers import (
    LIMITS,
    RoomForAll,
    crew_on,
    until,
    until_asked,
    until_ready,
    working,
)
from tests.phases.play import standard_play
from tests.phases.world import World, world

# What SQLite says on a full disk, when a segment's end is to be written.
NO_ROOM_FOR_RUNS = """CREATE TRIGGER no_room_for_runs
    BEFORE UPDATE OF state ON run WHEN NEW.state = 'ready'
    BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"""
NO_ROOM_FOR_WORKFLOWS = """CREATE TRIGGER no_room_for_workflows
    BEFORE UPDATE OF status ON workflow_status WHEN NEW.status IN ('SUCCESS', 'ERROR')
    BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"""


def settings_of(it: World) -> Settings:
    return load(
        database_url=it.database.url,
        github_app_id=1001,
        github_private_key="unused",
        github_webhook_secret="s" * 32,
        anthropic_api_key="unused",
    )


def shared(workflow: Workflow) -> SharedLane:
    return SharedLane(workflow, LIMITS)


async def test_what_one_of_many_workers_had_queued_is_driven_by_the_only_one_that_is_left(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, standard_play()) as it:
        async with working(it, "one", RoomForAll(), shared):

            async def queued() -> bool:
                return bool(it.sessions.assignments)

            await until(queued)

        async with working(it, "two", RoomForAll()):
            await until_ready(it)

        assert it.forge.flips == 1


async def test_a_segment_that_a_dead_process_left_is_taken_up_and_asks_nobody_twice(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, standard_play()) as it:
        never = "implementation/backend-developer/1"
        it.sessions.meeting = {never, "somebody/who-never/1"}
        async with working(it, "one", RoomForAll()):
            await until_asked(it, never)
        before = [str(a.name) for a in it.sessions.assignments]
        it.sessions.meeting = set()

        async with working(it, "two", RoomForAll()):
            await until_ready(it)

        after = [str(a.name) for a in it.sessions.assignments][len(before) :]
        assert after[0] == never
        assert not set(after[1:]) & set(before)
        assert it.forge.flips == 1


async def test_a_segment_whose_end_cannot_be_written_is_replaced_when_there_is_room_again(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, standard_play()) as it:
        await execute(it, NO_ROOM_FOR_RUNS)
        async with working(it, "one", RoomForAll()) as sent:
            await execute(it, NO_ROOM_FOR_WORKFLOWS)

            async def left() -> bool:
                return it.forge.flips == 1 and not await sent.lane.under_way()

            await until(left)
            assert (await it.record()).run.state is RunState.RUNNING
            await execute(it, "DROP TRIGGER no_room_for_runs")
            await execute(it, "DROP TRIGGER no_room_for_workflows")
            await until_ready(it)

        assert (await it.record()).run.segment > 1
        assert it.forge.flips == 1


async def execute(it: World, statement: str) -> None:
    await it.database.write(partial(_execute, statement))


def _execute(statement: str, connection: sa.Connection) -> None:
    connection.execute(sa.text(statement))


async def test_a_worker_whose_turn_does_not_end_in_time_is_let_go_of_and_nothing_is_done_twice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with world(tmp_path, standard_play()) as it:
        never = "implementation/backend-developer/1"
        it.sessions.meeting = {never, "somebody/who-never/1"}
        crew = crew_on(it, "one", RoomForAll(), StraightLane, LIMITS)[0]
        post = Post("one", OnlyKeeper(give_up_everything, "one"), asyncio.Event(), 0.1)
        async with on_duty(settings_of(it), crew, post):
            await until_asked(it, never)
        before = [str(a.name) for a in it.sessions.assignments]
        it.sessions.meeting = set()

        async with working(it, "two", RoomForAll()):
            await until_ready(it)

        assert "some turns did not end in 0.1 s; what they asked is asked again" in caplog.messages
        after = [str(a.name) for a in it.sessions.assignments][len(before) :]
        assert after[0] == never
        assert not set(after[1:]) & set(before)
        assert it.forge.flips == 1
