"""What deliveries mean."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.github.inbox import Inbox, UnreadableDeliveryError
from phases.core.events import (
    Advanced,
    Altered,
    Aside,
    Edited,
    Ended,
    Event,
    Installed,
    Labelled,
    Reopened,
    Said,
)
from phases.core.model import Person, Repository, Variant
from tests.app.github.deliveries import (
    APP_ID,
    BOT,
    LABEL,
    MAINTAINER,
    MOMENT,
    OURSELVES,
    commented,
    envelope,
    issue,
    issue_closed,
    labelled,
    pull_closed,
)

REPOSITORY = Repository(501, "acme", "shop", 7, "main")
WHEN = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def read(event: str, payload: dict[str, Any]) -> Event | Aside | None:
    inbox = Inbox(label=LABEL, app_id=APP_ID)
    return inbox.read(event, json.dumps(payload).encode())


def said(body: str, **changes: Any) -> Said | None:
    event = read("issue_comment", commented(body, **changes))
    assert event is None or isinstance(event, Said)
    return event


def test_our_label_carries_the_issue_as_the_signed_delivery_has_it() -> None:
    event = read("issues", labelled("PhaseLine"))

    assert event == Labelled(
        repository=REPOSITORY,
        issue=3,
        actor=Person(11, "maintainer"),
        actor_is_human=True,
        title="Add due dates",
        body="Every task needs a date.",
        author="reader",
        at=WHEN,
    )


def test_another_label_means_nothing_even_when_ours_is_on_the_issue() -> None:
    payload = labelled("bug")
    payload["issue"]["labels"] = [{"name": LABEL}]

    assert read("issues", payload) is None


def test_an_issue_without_a_body_or_an_author_is_read() -> None:
    payload = labelled()
    payload["issue"] |= {"body": None, "user": None}

    event = read("issues", payload)

    assert isinstance(event, Labelled)
    assert (event.body, event.author) == ("", "ghost")


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


def test_closing_an_issue_and_a_pull_request_are_read() -> None:
    by = Person(11, "maintainer")

    assert read("issues", issue_closed()) == Ended(REPOSITORY, 3, False, False, by, WHEN)
    assert read("pull_request", pull_closed(merged=True)) == Ended(
        REPOSITORY, 8, True, True, by, WHEN
    )


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


def test_a_push_tells_where_a_branch_stands() -> None:
    payload = envelope("", MAINTAINER)
    del payload["action"]
    push = payload | {"ref": "refs/heads/main", "after": "a" * 40}

    assert read("push", push) == Advanced(REPOSITORY, "main", "a" * 40)
    assert read("push", push | {"ref": "refs/tags/v1"}) is None
    assert read("push", push | {"after": "0" * 40}) is None


@pytest.mark.parametrize("event", ["ping", "label", "star"])
def test_events_that_we_do_not_read_mean_nothing(event: str) -> None:
    assert read(event, {"zen": "Keep it logically awesome."}) is None


def test_actions_that_we_do_not_read_mean_nothing() -> None:
    assert read("issues", labelled() | {"action": "unlabeled"}) is None


def test_a_delivery_without_an_installation_means_nothing() -> None:
    payload = labelled()
    del payload["installation"]

    assert read("issues", payload) is None


@pytest.mark.parametrize(
    ("event", "payload", "why"),
    [
        ("issues", commented("/phaseline cancel"), "comment does not belong"),
        ("issue_comment", labelled(), "comment is missing"),
        ("pull_request", labelled(), "pull_request is missing"),
        ("issues", labelled() | {"issue": {"number": True}}, "issue.number"),
        ("issues", labelled() | {"repository": {"id": 1}}, "repository.name"),
    ],
)
def test_a_payload_of_another_event_is_refused(
    event: str, payload: dict[str, Any], why: str
) -> None:
    with pytest.raises(UnreadableDeliveryError, match=why):
        read(event, payload)


@pytest.mark.parametrize("name", ["..", ".", "a/b", "a?b", "", "a b", "a\n"])
def test_a_repository_name_that_could_climb_is_refused(name: str) -> None:
    payload = labelled()
    payload["repository"]["name"] = name

    with pytest.raises(UnreadableDeliveryError, match=r"repository\.name"):
        read("issues", payload)


@pytest.mark.parametrize("name", [".github", "..a", "a.b", "-"])
def test_unusual_but_allowed_repository_names_are_read(name: str) -> None:
    payload = labelled()
    payload["repository"]["name"] = name

    event = read("issues", payload)

    assert isinstance(event, Labelled)
    assert event.repository.name == name


@pytest.mark.parametrize("login", ["../x", "a/b", "", "a b", "x[bot]y"])
def test_a_login_that_could_climb_is_refused(login: str) -> None:
    with pytest.raises(UnreadableDeliveryError, match=r"sender\.login"):
        read("issues", labelled(sender=MAINTAINER | {"login": login}))


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    inbox = Inbox(label=LABEL, app_id=APP_ID)

    with pytest.raises(UnreadableDeliveryError):
        inbox.read("issues", body)


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("phaseline", Variant.STANDARD),
        ("phaseline:plan", Variant.PLAN),
        ("Phaseline:LIGHT", Variant.LIGHT),
        ("phaseline:full", Variant.FULL),
    ],
)
def test_a_label_of_ours_says_how_to_run(name: str, variant: Variant) -> None:
    event = read("issues", labelled(name))

    assert isinstance(event, Labelled)
    assert event.variant is variant


@pytest.mark.parametrize(
    "name", ["phaseline:", "phaseline:standard", "phaseline:plans", "my phaseline:plan", "plan"]
)
def test_a_label_that_only_resembles_ours_means_nothing(name: str) -> None:
    assert read("issues", labelled(name)) is None


@pytest.mark.parametrize("action", ["unlabeled", "deleted"])
def test_a_label_that_is_taken_off_means_nothing(action: str) -> None:
    assert read("issues", labelled() | {"action": action}) is None


def test_an_edited_issue_is_read_with_its_new_text() -> None:
    event = read("issues", envelope("edited", MAINTAINER) | {"issue": issue()})

    assert isinstance(event, Edited)
    assert (event.issue, event.title, event.body) == (
        3,
        "Add due dates",
        "Every task needs a date.",
    )


def test_an_edited_pull_request_means_nothing() -> None:
    payload = envelope("edited", MAINTAINER) | {"issue": issue(pull_request=True)}

    assert read("issues", payload) is None


def test_what_is_opened_again_is_read_with_who_did_it() -> None:
    pull = {"pull_request": {"id": 1, "number": 8, "merged": False, "updated_at": MOMENT}}

    on_issue = read("issues", envelope("reopened", MAINTAINER) | {"issue": issue()})
    on_pull = read("pull_request", envelope("reopened", MAINTAINER) | pull)

    assert isinstance(on_issue, Reopened)
    assert isinstance(on_pull, Reopened)
    assert (on_issue.number, on_issue.on_pull_request) == (3, False)
    assert (on_pull.number, on_pull.on_pull_request) == (8, True)


@pytest.mark.parametrize(
    ("event", "action"),
    [
        ("installation", "created"),
        ("installation", "unsuspend"),
        ("installation_repositories", "added"),
    ],
)
def test_repositories_that_come_in_reach_are_read_as_their_installation(
    event: str, action: str
) -> None:
    found = read(event, {"action": action, "installation": {"id": 7, "account": {"id": 1}}})

    assert found == Installed(7)


@pytest.mark.parametrize("action", ["deleted", "suspend", "new_permissions_accepted"])
def test_an_installation_that_ends_means_nothing(action: str) -> None:
    assert read("installation", {"action": action, "installation": {"id": 7}}) is None


def test_the_text_of_a_revision_may_go_on_below_its_line() -> None:
    event = read("issue_comment", commented("/phaseline revise Use one table.\r\nNot two.\n"))

    assert isinstance(event, Said)
    assert event.argument == "Use one table.\nNot two."


def test_below_the_line_of_any_other_command_nothing_is_read() -> None:
    event = read("issue_comment", commented("/phaseline skip architect\nand the designer"))

    assert isinstance(event, Said)
    assert event.argument == "architect"
