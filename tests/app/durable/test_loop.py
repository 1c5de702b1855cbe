"""A loop turns when it is called, rests, and is patient with what fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from app.durable.bell import Bell
from app.durable.loop import Loop
from phases.core.errors import TransientError

LONG = 60.0
SOON = 5.0


@dataclass
class House:
    keeps: bool = True


@dataclass
class Chore:
    """What is done, as often as something is left of it; it fails as often as it is told."""

    left: int = 0
    failures: int = 0
    done: int = 0
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def turn(self) -> bool:
        self.done += 1
        self.told.set()
        if self.failures:
            self.failures -= 1
            raise TransientError("it is away", 1.0)
        self.left = max(0, self.left - 1)
        return self.left > 0

    async def times(self, number: int) -> None:
        async with asyncio.timeout(SOON):
            while self.done < number:
                self.told.clear()
                await self.told.wait()


@asynccontextmanager
async def turning(loop: Loop, house: House) -> AsyncIterator[None]:
    task = asyncio.create_task(loop.go_on(house))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_it_turns_at_the_start_and_then_when_it_is_reminded() -> None:
    chore = Chore()
    loop = Loop(chore.turn, Bell(), pause=LONG, rest=0.0, longest=LONG)

    async with turning(loop, House()):
        await chore.times(1)
        await _let_others_run()
        at_first = chore.done
        loop.remind()
        await chore.times(2)
        await _let_others_run()

    assert (at_first, chore.done) == (1, 2)


async def test_what_has_left_something_turns_again_at_once() -> None:
    chore = Chore(left=5)
    loop = Loop(chore.turn, Bell(), pause=LONG, rest=0.0, longest=LONG)

    async with turning(loop, House()):
        await chore.times(5)
        await _let_others_run()

    assert chore.done == 5


async def test_reminders_that_come_while_it_rests_lead_to_one_more_turn() -> None:
    chore = Chore(left=2)
    loop = Loop(chore.turn, Bell(), pause=LONG, rest=0.1, longest=LONG)

    async with turning(loop, House()):
        await chore.times(1)
        for _ in range(5):
            loop.remind()
            await _let_others_run()
        during_its_rest = chore.done
        await chore.times(3)
        await asyncio.sleep(0.2)

    assert (during_its_rest, chore.done) == (1, 3)


async def test_a_reminder_does_not_hurry_what_has_failed_and_the_bell_does(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chore, bell = Chore(failures=1), Bell()
    loop = Loop(chore.turn, bell, pause=LONG, rest=0.0, longest=LONG)

    async with turning(loop, House()):
        await chore.times(1)
        await _let_others_run()
        loop.remind()
        await _let_others_run()
        reminded = chore.done
        bell.ring()
        await chore.times(2)

    assert (reminded, chore.done) == (1, 2)
    assert "it is away" in caplog.text


async def test_it_does_not_turn_while_another_worker_keeps_the_house() -> None:
    chore, house = Chore(), House(keeps=False)
    loop = Loop(chore.turn, Bell(), pause=LONG, rest=0.0, longest=LONG)

    async with turning(loop, house):
        loop.remind()
        await _let_others_run()
        aside = chore.done
        house.keeps = True
        await chore.times(1)

    assert aside == 0


async def test_it_ends_when_it_is_cancelled_at_the_moment_the_bell_rings() -> None:
    chore, bell = Chore(), Bell()
    loop = Loop(chore.turn, bell, pause=LONG, rest=0.0, longest=LONG)
    task = asyncio.create_task(loop.go_on(House()))
    await chore.times(1)
    await _let_others_run()

    bell.ring()
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=SOON)
    task.cancel()

    assert done == {task}
    assert task.cancelled()


async def _let_others_run() -> None:
    for _ in range(20):
        await asyncio.sleep(0)
