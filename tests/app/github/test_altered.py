"""Comments of ours that people delete or edit, from the database to the stand-in and back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.github.comment_sweep import CommentSweep
from app.github.connection import GitHubConnection
from app.github.conversation import Conversations
from app.github.outbox import OutboxWriter
from app.github.standing import digest
from app.store.outbox import StoredOutbox
from phases.core.events import Altered
from phases.core.machine import RunState
from phases.core.model import Run
from phases.core.outward import Desired, OutwardKind, Place
from tests.app.github.house import House, housed
from tests.app.github.parts import APP_ID
from tests.app.github.standin import StandIn
from tests.fakes.outside import ManualClock

pytestmark = pytest.mark.asyncio(loop_scope="module")
TRUTH = "## Phaseline · running"


@dataclass
class Scene:
    """One run whose comments stand on the stand-in, and what looks after them."""

    house: House
    run: Run
    writer: OutboxWriter
    sweep: CommentSweep

    async def show(self, text: str) -> None:
        """Let the tracker read like this, and everything be sent."""
        house = self.house
        await StoredOutbox(house.database, house.clock).show(self.run.id, 1, text)
        await self.send()

    async def send(self) -> None:
        await self.house.clock.sleep(10)
        await self.writer.send_due()

    async def act(self, method: str, body: Any = None) -> int:
        """Let a person do something to the newest of our comments; return its id."""
        number = (await self.comments())[-1]["id"]
        await self.house.act(method, f"/issues/comments/{number}", body)
        return int(number)

    async def hear(self, comment: int, said: str | None) -> None:
        """Let a webhook tell of it; `said` is what the comment says now, None when it is gone."""
        person = self.house.github.person("maintainer")
        sha256 = "" if said is None else digest(said)
        event = Altered(self.run.repository, comment, said is None, sha256, person)
        await self.house.asides.hear(None, event)

    async def comments(self) -> list[dict[str, Any]]:
        return await self.house.github.comments(self.run.issue)

    async def notes(self) -> list[str]:
        record = await self.house.records.record(self.run.id)
        return [note.text for note in record.notes]


@pytest_asyncio.fixture(loop_scope="module")
async def scene(
    tmp_path: Path, github: StandIn, connection: GitHubConnection
) -> AsyncIterator[Scene]:
    clock = ManualClock()
    async with housed(tmp_path, github, clock) as house:
        writer = OutboxWriter(
            outbox=StoredOutbox(house.database, clock),
            conversations=Conversations(connection.clients, app_id=APP_ID),
            batch=50,
            betrays=lambda _text: False,
            may_write=lambda: True,
            clock=clock,
            patience=60.0,
        )
        sweep = CommentSweep(connection.clients, house.shown, house.asides)
        here = Scene(house, await house.run(), writer, sweep)
        await here.show(TRUTH)
        yield here


async def test_a_deleted_tracker_is_written_again_once_and_then_left_alone(scene: Scene) -> None:
    await scene.hear(await scene.act("DELETE"), None)
    await scene.send()
    (again,) = await scene.comments()
    await scene.hear(await scene.act("DELETE"), None)
    await scene.show("Something new.")

    assert again["body"].startswith(TRUTH)
    assert await scene.comments() == []
    assert await scene.notes() == [
        "maintainer deleted the tracker comment; it was written again.",
        "maintainer deleted the tracker comment again; it is left alone now.",
    ]


async def test_a_deletion_that_nobody_told_of_is_found_when_the_tracker_changes(
    scene: Scene,
) -> None:
    await scene.act("DELETE")
    await scene.show("Second.")
    await scene.act("DELETE")
    await scene.show("Third.")

    assert await scene.comments() == []
    assert await scene.notes() == [
        "Somebody deleted the tracker comment; it was written again.",
        "Somebody deleted the tracker comment again; it is left alone now.",
    ]


async def test_an_edited_comment_is_put_right_with_a_note(scene: Scene) -> None:
    """Attack 59."""
    number = await scene.act("PATCH", {"body": "Every gate has passed."})

    await scene.hear(number, "Every gate has passed.")
    await scene.send()

    (comment,) = await scene.comments()
    assert comment["body"].startswith(TRUTH)
    assert await scene.notes() == ["maintainer edited the tracker comment; it was put right."]


async def test_who_goes_on_editing_is_answered_three_times(scene: Scene) -> None:
    """Attack 21: two that put each other right would do so for ever."""
    for n in range(6):
        number = await scene.act("PATCH", {"body": f"Wrong {n}."})
        await scene.hear(number, f"Wrong {n}.")
        await scene.send()

    (comment,) = await scene.comments()
    assert comment["body"] == "Wrong 5."
    assert (await scene.notes())[-1].endswith("that is left alone now.")


async def test_our_own_edit_that_is_told_late_changes_nothing(scene: Scene) -> None:
    (comment,) = await scene.comments()

    await scene.hear(comment["id"], comment["body"])

    assert await scene.notes() == []


async def test_the_sweep_finds_what_no_webhook_told_of(scene: Scene) -> None:
    untouched = await scene.sweep.look_over()
    await scene.act("PATCH", {"body": "Every gate has passed."})
    edited = await scene.sweep.look_over()
    await scene.send()
    (mended,) = await scene.comments()
    await scene.act("DELETE")
    deleted = await scene.sweep.look_over()
    await scene.send()

    assert (untouched, edited, deleted) == (0, 1, 1)
    (again,) = await scene.comments()
    assert (mended["body"], again["body"]) == (again["body"], mended["body"])
    assert await scene.notes() == [
        "Somebody edited the tracker comment; it was put right.",
        "Somebody deleted the tracker comment; it was written again.",
    ]


async def test_what_was_said_once_and_runs_that_are_over_are_not_written_again(
    scene: Scene,
) -> None:
    runs = scene.house.runs
    stop = Desired("stop/1", OutwardKind.COMMENT, Place.ISSUE, "A person is needed.")
    await runs.stop(scene.run, RunState.BLOCKED, "red", None, (stop,))
    await scene.send()
    await scene.hear(await scene.act("DELETE"), None)
    await runs.move(None, scene.run, RunState.CANCELLED, "asked for", ())
    await scene.hear(await scene.act("DELETE"), None)

    await scene.send()

    assert await scene.comments() == []
    assert await scene.notes() == []
