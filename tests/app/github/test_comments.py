"""What comments mean: which are commands, and whose count."""

import hashlib
from typing import Any

import pytest

from phases.core.events import Altered, Aside, Event, Labelled, Said
from phases.core.model import Person
from tests.app.github.deliveries import APP_ID, BOT, MAINTAINER, OURSELVES, commented, labelled
from tests.app.github.reading import REPOSITORY, read


def said(body: str, **changes: Any) -> Said | None:
    event = read("issue_comment", commented(body, **changes))
    assert event is None or isinstance(event, Said)
    return event


@pytest.mark.parametrize(
    ("body", "command", "argument"),
    [
        ("/phaseline retry", "retry", ""),
        ("/phaseline cancel \r\nthank you", "cancel", ""),
        ("/phaseline  RETRY   planning now", "retry", "planning now"),
        ("/phaseline", "help", ""),
    ],
)
def test_a_first_line_is_read_as_a_command(body: str, command: str, argument: str) -> None:
    event = said(body)

    assert event is not None
    assert (event.command, event.argument, event.comment) == (command, argument, 77)
    assert event.actor_is_human


@pytest.mark.parametrize(
    "body",
    [
        "",
        "thanks\n/phaseline cancel",
        "> /phaseline cancel",
        " /phaseline cancel",
        "```\n/phaseline cancel\n```",
        "`/phaseline cancel`",
        "/phaselines cancel",
        "/PHASELINE cancel",
        "\u200b/phaseline cancel",
    ],
)
def test_what_is_not_exactly_a_first_line_is_no_command(body: str) -> None:
    """Attack 13: in a quote, in a code block, behind a text, or in what only looks like it."""
    assert said(body) is None


def test_a_comment_that_its_writer_edits_into_a_command_is_none() -> None:
    """Attack 13: what was said is said once, when it is posted."""
    change = {"changes": {"body": {"from": "Thank you."}}}

    new = read("issue_comment", commented("/phaseline cancel"))
    edited = read("issue_comment", commented("/phaseline cancel", action="edited") | change)

    assert isinstance(new, Said)
    assert edited is None


def test_a_command_on_a_pull_request_says_so() -> None:
    event = said("/phaseline retry", on_pull_request=True)

    assert event is not None
    assert event.on_pull_request


def test_what_came_by_another_app_or_a_bot_is_not_human() -> None:
    through_app = said("/phaseline cancel", via=99)
    by_bot = read("issues", labelled(sender=BOT))

    assert through_app is not None
    assert not through_app.actor_is_human
    assert isinstance(by_bot, Labelled)
    assert not by_bot.actor_is_human


def test_a_comment_sent_by_somebody_other_than_its_author_is_not_human() -> None:
    payload = commented("/phaseline cancel")
    payload["comment"]["user"] = {"id": 99, "login": "reader", "type": "User"}

    event = read("issue_comment", payload)

    assert isinstance(event, Said)
    assert not event.actor_is_human


def test_what_came_by_our_own_app_means_nothing() -> None:
    assert said("/phaseline retry", sender=OURSELVES, via=APP_ID) is None
    assert said("/phaseline retry", via=APP_ID) is None


def test_a_comment_of_ours_that_somebody_else_alters_is_read_and_our_own_doings_are_not() -> None:
    def altered(action: str, sender: dict[str, Any], via: int | None) -> Event | Aside | None:
        payload = commented("Edited.", sender=OURSELVES, action=action, via=via)
        return read("issue_comment", payload | {"sender": sender})

    by = Person(MAINTAINER["id"], MAINTAINER["login"])
    sha256 = hashlib.sha256(b"Edited.").hexdigest()
    assert altered("edited", MAINTAINER, APP_ID) == Altered(REPOSITORY, 77, False, sha256, by)
    assert altered("deleted", MAINTAINER, APP_ID) == Altered(REPOSITORY, 77, True, "", by)
    assert altered("edited", OURSELVES, APP_ID) is None
    assert altered("deleted", MAINTAINER, None) is None
    assert altered("deleted", MAINTAINER, APP_ID + 1) is None


def test_the_text_of_a_revision_may_go_on_below_its_line() -> None:
    event = read("issue_comment", commented("/phaseline revise Use one table.\r\nNot two.\n"))

    assert isinstance(event, Said)
    assert event.argument == "Use one table.\nNot two."


def test_below_the_line_of_any_other_command_nothing_is_read() -> None:
    event = read("issue_comment", commented("/phaseline skip architect\nand the designer"))

    assert isinstance(event, Said)
    assert event.argument == "architect"
