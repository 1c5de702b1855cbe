"""Whole runs driven to their stop, and the detours on which a play may send them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from app.store.outbox import StoredOutbox
from phases.core.model import StepOutcome
from phases.core.receipts import CheckKind, Receipt
from phases.core.submission import Diagnosis, Review, Verdict
from phases.engine import Stop
from tests.fakes.outside import Play, Turn, green, receipt
from tests.phases.play import revised
from tests.phases.world import World, world


@asynccontextmanager
async def driven(directory: Path, play: Play) -> AsyncIterator[tuple[World, Stop]]:
    """Drive a run whose outbox is sent as soon as something is in it."""
    async with world(directory, play) as it:
        stop = await drive(it)
        yield it, stop


async def drive(it: World) -> Stop:
    outbox = StoredOutbox(it.database, it.clock)

    async def send() -> None:
        while True:
            for item in await outbox.due(50):
                await outbox.sent(
                    item,
                    item.id,
                    f"https://forge.invalid/{item.id}",
                    item.desired.text_sha256,
                    None,
                )
            await asyncio.sleep(0)

    sending = asyncio.create_task(send())
    try:
        return await it.drive()
    finally:
        sending.cancel()


def returned_once(play: Play) -> dict[str, list[Turn | StepOutcome]]:
    approval = play["planning/product-manager/1"][0]
    plan = play["planning/architect/1"][0]
    assert isinstance(approval, Turn)
    assert isinstance(plan, Turn)
    reviews = tuple(
        Review(r.artifact, Verdict.CHANGES_REQUESTED, "say more")
        if r.artifact == "system-plan.md"
        else r
        for r in approval.submission.reviews or ()
    )
    changed = plan.submission.artifact.replace("would notice", "would notice it at once")
    return {
        "planning/product-manager/1": [
            revised(approval, verdict=Verdict.CHANGES_REQUESTED, reviews=reviews)
        ],
        "planning/architect/2": [plan, revised(plan, artifact=changed)],
        "planning/product-manager/2": [approval],
    }


def red_until(count: int, *messages: str) -> object:
    """Return verdicts that are red on the head until checks were run that often."""

    def verdicts(commit: str, times: int) -> tuple[Receipt, ...]:
        if times == 1 or times > count:
            return green(commit, times)
        return (receipt(commit, CheckKind.TESTS, *messages), *green(commit, times)[:3])

    return verdicts


def repair(play: Play) -> dict[str, list[Turn | StepOutcome]]:
    """Return a diagnosis for the back end, and its repair, as often as rounds allow."""
    build = play["implementation/backend-developer/1"][0]
    assert isinstance(build, Turn)
    entry = Diagnosis("one is wrong", "off by one", "back/a.py", 3, "backend-developer", "add one")
    text = (
        "## Summary\n\nOff by one.\n\n## Reproduction\n\nRun it.\n\n## Root cause\n\n"
        "back/a.py:3\n\n## Fix\n\nAdd one.\n\n## Owner\n\nbackend-developer\n"
    )
    diagnosed = revised(
        build, artifact=text, diagnosis=(entry,), commit=None, interfaces=None, summary="found"
    )
    parts: dict[str, list[Turn | StepOutcome]] = {}
    for n in (1, 2, 3):
        parts[f"qa/debugger/{n}"] = [replace(diagnosed, writes=())]
        parts[f"qa/backend-developer/{n}"] = [build]
    return parts
