"""The writer when GitHub is not well."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from app.github.conversation import Conversations
from app.github.outbox import OutboxWriter
from phases.core.model import Repository
from phases.core.outward import Desired, OutwardItem, OutwardKind, Place
from tests.app.github.parts import API, APP_ID, REPOSITORY, MovingClock, connected, minted
from tests.app.github.test_outbox import Rows
from tests.contract.invented import invented_github

OTHER = Repository(777, "other", "shop", 8, "main")


def comment(key: str, repository: Repository = REPOSITORY) -> OutwardItem:
    desired = Desired(key, OutwardKind.COMMENT, Place.ISSUE, key)
    return OutwardItem(1, "r1", repository, 3, desired, f"<!-- {key} -->", None, attempted=False)


def standing(number: int, text: str, app: int = APP_ID) -> dict[str, Any]:
    return {
        "id": number,
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


async def send(rows: Rows) -> int:
    clock = MovingClock()
    async with connected(clock) as connection:
        writer = OutboxWriter(
            outbox=rows,
            conversations=Conversations(connection.clients, app_id=APP_ID),
            batch=50,
            betrays=lambda text: "canary" in text,
            may_write=lambda: True,
        )
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
