"""The writer against the stand-in: everything once, in order, whatever interrupts it."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from app.github.capping import LONGEST_COMMENT
from app.github.connection import GitHubConnection
from app.github.forge import GitHubForge
from phases.core.outward import OutwardKind, Place
from tests.app.github.outgoing import Rows, item, send, writer
from tests.app.github.parts import MovingClock, connected
from tests.app.github.standin import StandIn
from tests.app.github.test_forge import a_new_run

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def bodies(github: StandIn, number: int) -> list[str]:
    return [comment["body"] for comment in await github.comments(number)]


async def test_a_comment_stands_above_its_marker_and_is_noted_with_its_address(
    github: StandIn, connection: GitHubConnection
) -> None:
    number = await github.issue()

    rows = await send(connection, item(github, number))

    (comment,) = await github.comments(number)
    assert comment["body"] == "Hello.\n\n<!-- phaseline:comment r1 tracker -->"
    assert comment["user"]["type"] == "Bot"
    assert rows.told == [("attempted", "tracker"), ("sent", "tracker")]
    assert rows.standing["tracker"] == (
        comment["id"],
        comment["html_url"],
        hashlib.sha256(b"Hello.").hexdigest(),
    )


async def test_comments_are_sent_in_order(github: StandIn, connection: GitHubConnection) -> None:
    number = await github.issue()

    await send(connection, *(item(github, number, f"{n}", key=f"k{n}") for n in range(5)))

    assert [body[0] for body in await bodies(github, number)] == ["0", "1", "2", "3", "4"]


async def test_a_comment_that_stands_is_edited_in_place(
    github: StandIn, connection: GitHubConnection
) -> None:
    number = await github.issue()
    rows = await send(connection, item(github, number))
    standing = rows.id_of("tracker")

    again = await send(connection, item(github, number, "Changed.", remote_id=standing))

    (body,) = await bodies(github, number)
    assert body.startswith("Changed.")
    assert again.id_of("tracker") == standing


async def test_a_reply_that_a_database_put_back_has_forgotten_is_not_said_twice(
    github: StandIn, connection: GitHubConnection
) -> None:
    number = await github.issue()
    reply = item(github, number, run=None, key="reply/7")
    standing = (await send(connection, reply)).id_of("reply/7")

    again = await send(connection, reply)

    assert len(await bodies(github, number)) == 1
    assert again.id_of("reply/7") == standing


async def test_a_try_that_nobody_heard_the_end_of_is_found_by_its_marker(
    github: StandIn, connection: GitHubConnection
) -> None:
    number = await github.issue()
    rows = await send(connection, item(github, number))

    again = await send(connection, item(github, number, attempted=True))
    changed = await send(connection, item(github, number, "Changed.", attempted=True))

    (body,) = await bodies(github, number)
    assert body.startswith("Changed.")
    assert again.standing == rows.standing
    assert changed.id_of("tracker") == rows.id_of("tracker")
    assert again.told == [("sent", "tracker")]


async def test_a_try_that_never_arrived_is_made(
    github: StandIn, connection: GitHubConnection
) -> None:
    number = await github.issue()

    await send(connection, item(github, number, attempted=True))

    assert len(await bodies(github, number)) == 1


async def test_a_marker_pasted_by_a_person_is_not_taken_for_ours(
    github: StandIn, connection: GitHubConnection
) -> None:
    """Attack 58."""
    number = await github.issue()
    forged = {"body": "Mine.\n\n<!-- phaseline:comment r1 tracker -->"}
    await github.act("reader", "POST", f"/issues/{number}/comments", forged)

    await send(connection, item(github, number, attempted=True))

    theirs, ours = await bodies(github, number)
    assert theirs.startswith("Mine.")
    assert ours.startswith("Hello.")


async def test_a_deleted_comment_is_written_again_once(
    github: StandIn, connection: GitHubConnection
) -> None:
    number = await github.issue()
    rows = await send(connection, item(github, number))
    standing = rows.id_of("tracker")
    await github.act("maintainer", "DELETE", f"/issues/comments/{standing}")

    again = await send(connection, item(github, number, "Again.", remote_id=standing))
    await send(connection, item(github, number, "Again.", remote_id=standing))

    (body,) = await bodies(github, number)
    assert body.startswith("Again.")
    assert again.id_of("tracker") != standing


async def test_a_comment_over_githubs_limit_is_cut_and_taken(
    github: StandIn, connection: GitHubConnection
) -> None:
    """Attack 60."""
    number = await github.issue()

    rows = await send(connection, item(github, number, "```\n" + "a line\n" * 20_000))

    (body,) = await bodies(github, number)
    assert len(body) <= LONGEST_COMMENT
    assert ("sent", "tracker") in rows.told


async def test_a_reaction_stands_once_on_an_issue_and_on_a_comment(
    github: StandIn, connection: GitHubConnection
) -> None:
    number = await github.issue()
    said = await github.act("reader", "POST", f"/issues/{number}/comments", {"body": "Hi"})
    on_issue = item(github, number, "eyes", kind=OutwardKind.REACTION)
    on_comment = item(github, number, "+1", kind=OutwardKind.REACTION, comment=said["id"])

    for _ in range(2):
        await send(connection, on_issue)
        await send(connection, on_comment)

    issue = await github.act("maintainer", "GET", f"/issues/{number}")
    (comment,) = await github.comments(number)
    assert (issue["reactions"]["eyes"], comment["reactions"]["+1"]) == (1, 1)


async def test_a_review_is_asked_of_a_collaborator_and_a_refusal_is_not_fatal(
    github: StandIn, connection: GitHubConnection
) -> None:
    forge = GitHubForge(connection.clients, label="phaseline")
    _, _, pull = await forge.open_draft(await a_new_run(github), "feat: x", "Text.")
    ask = {"kind": OutwardKind.REVIEW_REQUEST, "place": Place.PULL_REQUEST}

    rows = await send(
        connection,
        item(github, pull.number, "stranger", key="one", **ask),
        item(github, pull.number, "maintainer", key="two", **ask),
    )

    found = await github.act("maintainer", "GET", f"/pulls/{pull.number}")
    assert [person["login"] for person in found["requested_reviewers"]] == ["maintainer"]
    assert rows.standing["two"][:2] == (None, None)
    assert [word for word, key in rows.told if key == "one"][-1].startswith("refused")


async def test_what_github_will_not_have_is_given_up_and_the_rest_is_sent(
    github: StandIn, connection: GitHubConnection
) -> None:
    number = await github.issue()
    nowhere = item(github, 99_999, key="nowhere")

    rows = await send(connection, nowhere, item(github, number, key="here"))

    assert [word.split(":")[0] for word, _ in rows.told] == [
        "attempted",
        "refused GitHub answered 404",
        "attempted",
        "sent",
    ]
    assert len(await bodies(github, number)) == 1


async def test_writes_of_one_installation_are_spaced(github: StandIn) -> None:
    number = await github.issue()
    clock = MovingClock()
    clock.moment = datetime.now(UTC)
    rows = Rows([item(github, number, f"{n}", key=f"k{n}") for n in range(3)])

    async with connected(clock, github.api, timedelta(seconds=1)) as connection:
        sent = await writer(rows, connection).send_due()

    assert sent == 3
    assert clock.waits == [1.0, 1.0]


async def test_nothing_due_sends_nothing(connection: GitHubConnection) -> None:
    assert await writer(Rows(), connection).send_due() == 0


async def test_a_writer_that_was_replaced_while_it_stood_still_writes_nothing_more(
    github: StandIn, connection: GitHubConnection
) -> None:
    number = await github.issue()
    rows = Rows([item(github, number, f"{n}", key=f"k{n}") for n in range(3)])
    answers = iter([True, False])

    sent = await writer(rows, connection, may_write=lambda: next(answers)).send_due()

    assert sent == 1
    assert [body[0] for body in await bodies(github, number)] == ["0"]
    # Whoever goes on looks first: the row says that somebody was about to write.
    assert rows.told[-1] == ("attempted", "k1")
