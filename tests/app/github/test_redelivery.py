"""Deliveries that GitHub keeps: which are asked for again, and how far back they are seen."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx
import respx

from app.github.checkup import Checkup
from app.github.connection import GitHubConnection
from app.github.sweep import Sweep
from phases.core.events import Labelled
from phases.core.model import Repository
from tests.app.github.parts import API, MovingClock
from tests.app.github.refusing import connection, github, said

__all__ = ["connection", "github"]


class Nobody:
    """Has all runs and expects no news."""

    async def answered_until(self, repository: Repository, issue: int) -> datetime | None:
        return None

    async def found(self, event: Labelled) -> None:
        raise AssertionError(event)

    async def lost(self, repository: Repository, issue: int) -> None:
        raise AssertionError(issue)

    async def has_tracker(self, repository: Repository, issue: int) -> bool:
        raise AssertionError(issue)

    async def furnish_repository(self, repository: Repository) -> None:
        raise AssertionError(repository)

    async def look_over(self) -> int:
        raise AssertionError


def tried(number: int, guid: str, status: int, moment: str = "11-02T09:00") -> dict[str, Any]:
    delivered_at = f"2026-{moment}:00Z"
    one = {"id": number, "guid": guid, "delivered_at": delivered_at, "status_code": status}
    return one | {"event": "issue_comment", "action": "created"}


class Shelf:
    """Lacks some deliveries."""

    def __init__(self, *lost: str) -> None:
        self._lost = lost

    async def lost(self, sent: Mapping[str, datetime]) -> frozenset[str]:
        return frozenset(self._lost) & sent.keys()


def sweep_of(connection: GitHubConnection, shelf: Shelf) -> Sweep:
    nobody, clock = Nobody(), MovingClock()
    several = (nobody, nobody, nobody, (nobody,))
    return Sweep(connection.clients, *several, shelf, label="x", clock=clock)


def deliveries_on_two_pages(request: httpx.Request) -> httpx.Response:
    if request.url.params.get("cursor") == "v1_7":
        early = [(6, "a", 503), (5, "c", 401)]
        rest = [tried(*each, "11-02T08:00") for each in early]
        return httpx.Response(200, json=[*rest, tried(4, "old", 503, "10-29T09:00")])
    newest = [tried(9, "a", 0), tried(8, "b", 202), tried(7, "b", 503)]
    behind = f'<{API}/app/hook/deliveries?per_page=100&cursor=v1_7>; rel="next"'
    return httpx.Response(200, json=newest, headers={"link": behind})


async def test_failed_deliveries_are_asked_for_again_once_each_the_oldest_first(
    github: respx.MockRouter, connection: GitHubConnection
) -> None:
    github.get(f"{API}/app/hook/deliveries").side_effect = deliveries_on_two_pages
    again = github.post(url__regex=rf"{API}/app/hook/deliveries/\d+/attempts")
    again.side_effect = [httpx.Response(202, json={}), said(404, "Not Found"), said(404, "Gone")]
    sweep = sweep_of(connection, Shelf())

    counts = [await sweep.ask_again(), await sweep.ask_again()]

    # At the second look what lies an hour behind the first was seen already.
    assert counts == [2, 1]
    assert [str(call.request.url).split("/")[-2] for call in again.calls] == ["5", "9", "9"]


async def test_a_comment_that_was_taken_and_is_not_on_record_is_asked_for_once(
    github: respx.MockRouter, connection: GitHubConnection
) -> None:
    label = {"event": "issues", "action": "labeled"}
    rows = [tried(9, "there", 202), tried(8, "lost", 202), tried(7, "label", 202) | label]
    github.get(f"{API}/app/hook/deliveries").respond(json=rows)
    again = github.post(url__regex=rf"{API}/app/hook/deliveries/\d+/attempts")
    again.respond(202, json={})
    sweep = sweep_of(connection, Shelf("lost", "label"))

    counts = [await sweep.ask_again(), await sweep.ask_again()]

    assert counts == [1, 0]
    assert [str(call.request.url).split("/")[-2] for call in again.calls] == ["8"]


async def test_everything_that_github_keeps_of_its_deliveries_can_be_looked_at(
    github: respx.MockRouter, connection: GitHubConnection
) -> None:
    def seen(request: httpx.Request) -> httpx.Response:
        answer = deliveries_on_two_pages(request)
        more = {"status": "OK", "duration": 0.1, "redelivery": False}
        rows = [row | more for row in answer.json()]
        return httpx.Response(200, json=rows, headers=dict(answer.headers) | {"x": "y"})

    github.get(f"{API}/app/hook/deliveries").side_effect = seen
    checkup = Checkup(connection.clients)

    newest, kept = await checkup.deliveries(), await checkup.all_deliveries()

    assert [one.id for one in newest] == [9, 8, 7]
    assert [one.id for one in kept] == [9, 8, 7, 6, 5, 4]
