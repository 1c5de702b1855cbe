"""The writer when GitHub is not well."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from app.github.conversation import Conversations
from app.github.outbox import OutboxWriter
from phases.core.model import Repository
from phases.core.outward import Desired, OutwardItem, OutwardKind, Place
from tests.app.github.outgoing import Rows
from tests.app.github.parts import API, APP_ID, REPOSITORY, MovingClock, connected, minted
from tests.contract.invented import invented_github

OTHER = Repository(777, "other", "shop", 8, "main")


def comment(key: str, repository: Repository = REPOSITORY) -> OutwardItem:
    desired = Desired(key, OutwardKind.COMMENT, Place.ISSUE, key)
    number = sum(key.encode())
    return OutwardItem(
        number, "r1", repository, 3, desired, f"<!-- {key} -->", None, attempted=False
    )


def standing(number: int, text: str, app: int = APP_ID) -> dict[str, Any]:
    return {
        "id": number,
        "node_id": f"IC_{number}",
        "html_url": f"http://github.test/{number}",
        "body": text,
        "created_at": "2026-11-02T09:00:00Z",
        "updated_at": "2026-11-02T09:00:00Z",
        "performed_via_github_app": {"id": app},
    }


@pytest.fixture
def github(tmp_path: Path) -> Iterator[respx.MockRouter]:
    with invented_github(tmp_path) as router:
        router.post(url__regex=rf"{API}/app/installations/\d/access_tokens").respond(
            201, json=minted()
        )
        router.delete(f"{API}/installation/token").respond(204)
        yield router


class Due(Rows):
    """Rows that are due when they are, by a clock of their own."""

    def __init__(self, items: list[OutwardItem]) -> None:
        super().__init__(items)
        self.clock = MovingClock()
        self._next: dict[int, datetime] = {}

    async def due(
        self, limit: int, *, besides: frozenset[int] = frozenset()
    ) -> tuple[OutwardItem, ...]:
        found = await super().due(limit, besides=besides)
        now = self.clock.now()
        return tuple(item for item in found if self._next.get(item.id, now) <= now)

    async def postpone(self, item: OutwardItem, seconds: float, error: str) -> None:
        await super().postpone(item, seconds, error)
        self._next[item.id] = self.clock.now() + timedelta(seconds=seconds)


@asynccontextmanager
async def writing(
    rows: Rows, clock: MovingClock, patience: float = 60.0
) -> AsyncIterator[OutboxWriter]:
    async with connected(clock) as connection:
        writer = OutboxWriter(
            outbox=rows,
            conversations=Conversations(connection.clients, app_id=APP_ID),
            batch=50,
            betrays=lambda text: "canary" in text,
            may_write=lambda: True,
            clock=clock,
            patience=patience,
        )
        yield writer
        await writer.end()


async def send(rows: Rows) -> int:
    async with writing(rows, MovingClock()) as writer:
        return await writer.send_due()


@pytest.mark.parametrize(
    "failure",
    [
        httpx.Response(502),
        httpx.ReadTimeout("slow"),
        httpx.Response(403, headers={"retry-after": "90"}, json={}),
        httpx.Response(401, json={"message": "Bad credentials"}),
    ],
)
async def test_what_may_go_well_later_is_postponed_with_all_behind_it(
    github: respx.MockRouter, failure: httpx.Response | Exception
) -> None:
    github.post(f"{API}/repos/acme/shop/issues/3/comments").side_effect = [failure] * 2
    rows = Rows([comment("one"), comment("two")])

    assert await send(rows) == 0

    assert rows.told == [("attempted", "one"), ("postponed", "one")]


async def test_installations_do_not_wait_for_one_another(github: respx.MockRouter) -> None:
    github.post(f"{API}/repos/acme/shop/issues/3/comments").respond(502)
    github.post(f"{API}/repos/other/shop/issues/3/comments").respond(201, json=standing(1, "two"))
    rows = Rows([comment("one"), comment("two", OTHER)])

    assert await send(rows) == 1

    assert ("sent", "two") in rows.told
    assert ("postponed", "one") in rows.told


async def test_an_edit_goes_to_the_oldest_of_our_comments_with_the_marker(
    github: respx.MockRouter,
) -> None:
    marked = [
        standing(1, "pasted <!-- one -->", app=99),
        standing(2, "ours <!-- one -->"),
        standing(3, "ours again <!-- one -->"),
    ]
    github.get(f"{API}/repos/acme/shop/issues/3/comments").respond(json=marked)
    edit = github.patch(f"{API}/repos/acme/shop/issues/comments/2").respond(json=standing(2, "one"))
    rows = Rows([replace(comment("one"), attempted=True)])

    assert await send(rows) == 1

    assert edit.call_count == 1


async def test_a_broken_outbox_is_told_after_every_queue_has_ended(
    github: respx.MockRouter,
) -> None:
    github.post(f"{API}/repos/other/shop/issues/3/comments").respond(201, json=standing(1, "two"))
    github.post(f"{API}/repos/acme/shop/issues/3/comments").respond(200, json=standing(1, "one"))

    class Broken(Rows):
        async def attempted(self, item: OutwardItem) -> None:
            if item.desired.key == "one":
                raise OSError("disk full")

    rows = Broken([comment("one"), comment("two", OTHER)])

    with pytest.raises(ExceptionGroup) as raised:
        await send(rows)

    assert isinstance(raised.value.exceptions[0], OSError)
    assert ("sent", "two") in rows.told


async def test_a_text_with_a_secret_stays_here_and_holds_up_no_other(
    github: respx.MockRouter, caplog: pytest.LogCaptureFixture
) -> None:
    """Attack 55: the last net, whatever the text is made of."""
    github.post(f"{API}/repos/acme/shop/issues/3/comments").respond(201, json=standing(1, "two"))
    rows = Rows([comment("canary"), comment("two")])

    assert await send(rows) == 1

    assert rows.told[0] == ("refused it holds a secret of this service", "canary")
    assert ("sent", "two") in rows.told
    assert "a secret was about to be posted" in caplog.text


async def test_a_queue_waits_longer_each_time_and_nothing_overtakes_what_failed(
    github: respx.MockRouter,
) -> None:
    """Attack 64."""
    route = github.post(f"{API}/repos/acme/shop/issues/3/comments").respond(502)
    rows = Rows([comment("one"), comment("two")])
    clock = MovingClock()

    async with writing(rows, clock) as writer:
        for _ in range(2):
            await writer.send_due()
            await writer.send_due()
            await clock.sleep(rows.postponed[-1][1])

    assert rows.postponed == [("one", 1.0), ("one", 2.0)]
    assert route.call_count == 2


async def test_what_fails_again_and_again_lets_pass_what_is_behind_it(
    github: respx.MockRouter,
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        poisoned = b"one" in request.content
        return httpx.Response(502) if poisoned else httpx.Response(201, json=standing(1, "two"))

    github.post(f"{API}/repos/acme/shop/issues/3/comments").side_effect = answer
    rows = Due([comment("one"), comment("two")])
    clock = rows.clock

    async with writing(rows, clock) as writer:
        for _ in range(5):
            await writer.send_due()
            await clock.sleep(8)

    assert [key for key, _ in rows.postponed] == ["one"] * 3
    assert ("sent", "two") in rows.told


async def test_an_outage_ends_with_the_first_that_goes_through(github: respx.MockRouter) -> None:
    route = github.post(f"{API}/repos/acme/shop/issues/3/comments")
    fine = httpx.Response(201, json=standing(1, "x"))
    down = httpx.Response(502)
    route.side_effect = [down, down, fine, down, fine, fine]
    rows = Rows([comment("one"), comment("two"), comment("three")])
    clock = MovingClock()

    async with writing(rows, clock) as writer:
        for _ in range(5):
            await writer.send_due()
            await clock.sleep(60)

    assert [seconds for _, seconds in rows.postponed] == [1.0, 2.0, 1.0]
    assert [key for word, key in rows.told if word == "sent"] == ["one", "two", "three"]


async def test_a_queue_that_waits_for_github_holds_up_no_other(
    github: respx.MockRouter,
) -> None:
    answered = asyncio.Event()

    async def slowly(request: httpx.Request) -> httpx.Response:
        del request
        await answered.wait()
        return httpx.Response(201, json=standing(1, "one"))

    github.post(f"{API}/repos/acme/shop/issues/3/comments").side_effect = slowly
    github.post(f"{API}/repos/other/shop/issues/3/comments").respond(201, json=standing(2, "two"))
    rows = Rows([comment("one")])

    async with writing(rows, MovingClock(), patience=0.01) as writer:
        first = await writer.send_due()
        rows.items.append(comment("two", OTHER))
        while not await writer.send_due():
            assert ("sent", "one") not in rows.told
        answered.set()
        while not await writer.send_due():
            assert ("sent", "two") in rows.told

    assert first == 0
    assert [key for word, key in rows.told if word == "sent"] == ["two", "one"]


async def test_a_queue_that_is_ended_leaves_what_it_was_sending_to_be_looked_for(
    github: respx.MockRouter,
) -> None:
    async def never(request: httpx.Request) -> httpx.Response:
        del request
        await asyncio.Event().wait()
        raise AssertionError("nobody waits for ever")

    github.post(f"{API}/repos/acme/shop/issues/3/comments").side_effect = never
    rows = Rows([comment("one"), comment("two")])

    async with writing(rows, MovingClock(), patience=0.01) as writer:
        await writer.send_due()

    assert rows.told == [("attempted", "one")]
