"""Check runs and code reviews through the writer, on a pull request of the stand-in's."""

import base64
import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from app.github.answers import UserAnswer
from app.github.checks import BATCH
from app.github.connection import GitHubConnection
from app.github.forge import GitHubForge
from app.github.reviews import ReviewAnswer
from phases.core.check_run import Annotation, CheckRun
from phases.core.code_review import CodeReview, Remark
from phases.core.outward import OutwardItem, OutwardKind, Place
from tests.app.github.outgoing import item, send
from tests.app.github.standin import StandIn
from tests.app.github.test_forge import with_draft

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def forge(connection: GitHubConnection) -> GitHubForge:
    return GitHubForge(connection.clients, label="phaseline")


async def a_pull(github: StandIn, forge: GitHubForge) -> tuple[int, str]:
    """Open a pull request that adds a file of three lines; return its number and head."""
    run = await with_draft(github, forge)
    assert run.pull_request is not None
    content = base64.b64encode(b"one\ntwo\nthree\n").decode()
    body = {"message": "feat: lines", "content": content, "branch": run.branch}
    made = await github.act("maintainer", "PUT", "/contents/lines.txt", body)
    return run.pull_request.number, made["commit"]["sha"]


def check_run(github: StandIn, number: int, shown: CheckRun, **changes: Any) -> OutwardItem:
    return item(
        github,
        number,
        json.dumps(asdict(shown)),
        key=f"check-run/{shown.commit}",
        kind=OutwardKind.CHECK_RUN,
        place=Place.PULL_REQUEST,
        **changes,
    )


def review(github: StandIn, number: int, shown: CodeReview, **changes: Any) -> OutwardItem:
    return item(
        github,
        number,
        json.dumps(asdict(shown)),
        key="review/qa/code-reviewer/1",
        kind=OutwardKind.REVIEW,
        place=Place.PULL_REQUEST,
        **changes,
    )


async def runs_of(github: StandIn, commit: str) -> list[dict[str, Any]]:
    found = await github.act("maintainer", "GET", f"/commits/{commit}/check-runs?filter=all")
    return list(found["check_runs"])


async def reviews_of(github: StandIn, number: int) -> list[dict[str, Any]]:
    return list(await github.act("maintainer", "GET", f"/pulls/{number}/reviews"))


async def remarks_of(github: StandIn, number: int) -> list[dict[str, Any]]:
    return list(await github.act("maintainer", "GET", f"/pulls/{number}/comments"))


def annotated(commit: str, count: int) -> CheckRun:
    remarks = (Annotation("lines.txt", 1, "failure", "lint", f"no. {n}") for n in range(count))
    return CheckRun(commit, "failure", "New failures", "Look.", tuple(remarks))


async def test_a_check_run_is_in_progress_and_then_concluded_in_place(
    github: StandIn, connection: GitHubConnection, forge: GitHubForge
) -> None:
    number, head = await a_pull(github, forge)
    begun = check_run(github, number, CheckRun(head, None, "At work", "Later."))
    rows = await send(connection, begun)
    standing = rows.id_of(begun.desired.key)
    (before,) = await runs_of(github, head)

    await send(connection, check_run(github, number, annotated(head, 1), remote_id=standing))

    (after,) = await runs_of(github, head)
    assert (before["name"], before["status"]) == ("phaseline", "in_progress")
    assert (after["id"], after["conclusion"]) == (before["id"], "failure")
    assert rows.url_of(begun.desired.key) == before["html_url"]


async def test_annotations_go_in_batches_and_none_of_them_twice(
    github: StandIn, connection: GitHubConnection, forge: GitHubForge
) -> None:
    number, head = await a_pull(github, forge)
    # An earlier try came as far as the first batch, and a database put back has forgotten it.
    await send(connection, check_run(github, number, annotated(head, BATCH)))

    whole = annotated(head, 2 * BATCH + 20)
    await send(connection, check_run(github, number, whole))

    (found,) = await runs_of(github, head)
    pages = [
        await github.act(
            "maintainer", "GET", f"/check-runs/{found['id']}/annotations?per_page=100&page={page}"
        )
        for page in (1, 2)
    ]
    messages = [remark["message"] for page in pages for remark in page]
    assert messages == [f"no. {n}" for n in range(2 * BATCH + 20)]


async def test_findings_stand_on_lines_of_the_diff_in_one_review_of_ours(
    github: StandIn, connection: GitHubConnection, forge: GitHubForge
) -> None:
    number, head = await a_pull(github, forge)
    shown = CodeReview(head, "Two findings.", (Remark("lines.txt", 2, "**F1**"),))

    await send(connection, review(github, number, shown))
    # As when the database was put back to before the first.
    again = await send(connection, review(github, number, shown))

    (found,) = await reviews_of(github, number)
    (remark,) = await remarks_of(github, number)
    assert found["state"] == "COMMENTED"
    assert found["body"].startswith("Two findings.")
    assert (remark["path"], remark["line"], remark["body"]) == ("lines.txt", 2, "**F1**")
    assert again.id_of("review/qa/code-reviewer/1") == found["id"]


async def test_a_line_that_the_diff_does_not_show_after_all_moves_into_the_body(
    github: StandIn, connection: GitHubConnection, forge: GitHubForge
) -> None:
    number, head = await a_pull(github, forge)
    shown = CodeReview(head, "One finding.", (Remark("lines.txt", 99, "**F1** leaks"),))

    await send(connection, review(github, number, shown))

    (found,) = await reviews_of(github, number)
    assert await remarks_of(github, number) == []
    assert "`lines.txt:99`" in found["body"]
    assert "**F1** leaks" in found["body"]


async def test_a_marker_in_a_persons_review_is_not_taken_for_ours(
    github: StandIn, connection: GitHubConnection, forge: GitHubForge
) -> None:
    number, head = await a_pull(github, forge)
    ours = review(github, number, CodeReview(head, "One finding.", ()))
    theirs = {"event": "COMMENT", "body": ours.marker}
    await github.act("maintainer", "POST", f"/pulls/{number}/reviews", theirs)

    await send(connection, replace(ours, attempted=True))

    assert len(await reviews_of(github, number)) == 2


@pytest.mark.parametrize(
    ("kind", "login", "ours"),
    [
        ("Bot", "phaseline[bot]", True),
        ("Bot", "another[bot]", False),
        ("User", "phaseline[bot]", False),
    ],
)
async def test_a_marker_in_the_review_of_another_app_is_not_taken_for_ours(
    github: StandIn, kind: str, login: str, ours: bool
) -> None:
    wanted = review(github, 1, CodeReview("c" * 40, "One finding.", ()))
    user = UserAnswer(id=1, login=login, type=kind)
    found = ReviewAnswer(id=2, html_url="", body=f"Seen. {wanted.marker}", user=user)

    assert found.is_of("phaseline[bot]", wanted) is ours
